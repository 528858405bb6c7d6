import type { ErrorWire, OutcomeWire, UsageWire } from '@sandglass/core';

/** What a call came to: its encoded value, or why it failed. */
export type Result = Uint8Array | ErrorWire;

/** The outcome of a call that used next to nothing, or what it used. */
export function toOutcome(callId: number, result: Result, cpuTimeMs = 0, heapBytes = 0): OutcomeWire {
  const usage = new Usage(cpuTimeMs, heapBytes);
  return result instanceof Uint8Array ? new Success(callId, result, usage) : new Failure(callId, result, usage);
}

// Classes, not literals: see `LinkedList` in core.

class Success {
  readonly ok = true;
  readonly callId: number;
  readonly value: Uint8Array;
  readonly usage: UsageWire;

  constructor(callId: number, value: Uint8Array, usage: UsageWire) {
    this.callId = callId;
    this.value = value;
    this.usage = usage;
  }
}

class Failure {
  readonly ok = false;
  readonly callId: number;
  readonly error: ErrorWire;
  readonly usage: UsageWire;

  constructor(callId: number, error: ErrorWire, usage: UsageWire) {
    this.callId = callId;
    this.error = error;
    this.usage = usage;
  }
}

class Usage implements UsageWire {
  readonly cpuTimeMs: number;
  readonly heapBytes: number;

  constructor(cpuTimeMs: number, heapBytes: number) {
    this.cpuTimeMs = cpuTimeMs;
    this.heapBytes = heapBytes;
  }
}
