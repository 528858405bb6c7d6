import type { ErrorWire, OutcomeWire, UsageWire } from '@sandglass/core';

/** The result of a call: its encoded value, or why it failed. */
export type Result = Uint8Array | ErrorWire;

/** The outcome of a call. Without a usage, the call has used nothing. */
export function toOutcome(
  callId: number,
  result: Result,
  usage: UsageWire = new Usage(0, 0),
  goesOn = false,
): OutcomeWire {
  return result instanceof Uint8Array
    ? new Success(callId, result, usage, goesOn)
    : new Failure(callId, result, usage, goesOn);
}

// Classes, not literals: see `LinkedList` in core.

class Success {
  readonly ok = true;
  readonly callId: number;
  readonly value: Uint8Array;
  readonly usage: UsageWire;
  readonly goesOn: boolean;

  constructor(callId: number, value: Uint8Array, usage: UsageWire, goesOn: boolean) {
    this.callId = callId;
    this.value = value;
    this.usage = usage;
    this.goesOn = goesOn;
  }
}

class Failure {
  readonly ok = false;
  readonly callId: number;
  readonly error: ErrorWire;
  readonly usage: UsageWire;
  readonly goesOn: boolean;

  constructor(callId: number, error: ErrorWire, usage: UsageWire, goesOn: boolean) {
    this.callId = callId;
    this.error = error;
    this.usage = usage;
    this.goesOn = goesOn;
  }
}

export class Usage implements UsageWire {
  readonly cpuTimeMs: number;
  readonly heapBytes: number;

  constructor(cpuTimeMs: number, heapBytes: number) {
    this.cpuTimeMs = cpuTimeMs;
    this.heapBytes = heapBytes;
  }
}
