import type { ErrorWire, OutcomeWire, SandglassError, UsageWire } from '@sandglass/core';
import type { BackgroundEnd, RelayedCapabilityCall, TraceCarrier } from '@sandglass/host/fleet';

import { NO_USAGE } from './frames.js';

const NO_BYTES: Uint8Array = new Uint8Array();

/** Calls of an owner that came together. */
export class RelayedBatch {
  readonly id: number;
  /** Calls that are not over. */
  left = 0;
  /** Whether all of its calls have come. */
  isComplete = false;

  constructor(id: number) {
    this.id = id;
  }
}

/** A call or a load that a runner runs for an owner. */
export class Relayed {
  /** Its id in the owner's pool. */
  readonly callId: number;
  /** Numbers capability calls towards the owner: a load that begins again goes on counting. */
  #lastSeq = 0;
  #answers: Map<number, RelayedCapabilityCall['answer']> | undefined;

  constructor(callId: number) {
    this.callId = callId;
  }

  /** @returns the number under which the owner answers it. */
  ask({ isSync, answer }: RelayedCapabilityCall): number {
    this.#lastSeq += 1;
    if (!isSync) (this.#answers ??= new Map()).set(this.#lastSeq, answer);
    return this.#lastSeq;
  }

  answer(seq: number, answer: Parameters<RelayedCapabilityCall['answer']>[0]): void {
    const give = this.#answers?.get(seq);
    this.#answers?.delete(seq);
    give?.(answer);
  }
}

/** A call that a runner runs for an owner. */
export class RelayedCall extends Relayed {
  readonly batch: RelayedBatch;
  readonly beganMs: number = performance.now();
  /** Context of its caller's span. */
  readonly trace: TraceCarrier | undefined;
  /** Its id in the runner's pool, once that has accepted it. */
  localId = 0;
  abort: () => void = () => {};
  /** The outcome of the engine, once there is one. */
  outcome: OutcomeWire | undefined;
  /** Whether it has background, which goes on after its answer. */
  goesOn = false;

  constructor(callId: number, batch: RelayedBatch, trace: TraceCarrier | undefined) {
    super(callId);
    this.batch = batch;
    this.trace = trace;
  }

  succeeded(value: Uint8Array): OutcomeWire {
    return { callId: this.callId, ok: true, value, usage: this.#usage, goesOn: this.goesOn };
  }

  failed(error: SandglassError): OutcomeWire {
    const own = this.outcome?.ok === false ? this.outcome.error : toErrorWire(error);
    return { callId: this.callId, ok: false, error: own, usage: this.#usage, goesOn: this.goesOn };
  }

  /** The outcome of its background. */
  finished({ usage = NO_USAGE, error }: BackgroundEnd): OutcomeWire {
    const { callId } = this;
    if (error) return { callId, ok: false, error: toErrorWire(error), usage };
    return { callId, ok: true, value: NO_BYTES, usage };
  }

  get #usage(): UsageWire {
    return this.outcome?.usage ?? NO_USAGE;
  }
}

/** An error of the pool, not of an engine, for the wire. */
export function toErrorWire({ code, message, limit }: SandglassError): ErrorWire {
  // names of limits are this project's own
  return { code, message, ...(limit && { limit: limit as NonNullable<ErrorWire['limit']> }) };
}
