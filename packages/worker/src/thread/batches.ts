import {
  IdMap,
  packOutcomes,
  SLOT,
  unpackCalls,
  type ErrorWire,
  type OutcomesWire,
  type OutcomeWire,
  type PackedWire,
  type ThreadMessage,
} from '@sandglass/core';

import type { Engine } from '../calls/engine.js';

/**
 * A batch that runs longer than this sends the outcomes that it has. The callers of finished calls
 * wait no longer, and a call that hangs delays no other.
 */
const HAND_OVER_AFTER_MS = 1;

/**
 * Longest list that is sent as a string: for a longer one the copy to a string costs more than
 * cloning a buffer.
 */
const MAX_TEXT_BYTES = 65_536;

/** A class, not a literal, as all here: see `LinkedList` in core. */
class Batch {
  readonly batchId: number;
  /** Calls that are not over. */
  left = 0;

  constructor(batchId: number) {
    this.batchId = batchId;
  }
}

class Outcomes implements OutcomesWire {
  readonly packed: PackedWire;
  readonly errors: readonly ErrorWire[] | undefined;

  constructor(outcomes: OutcomeWire[]) {
    const { packed, errors } = packOutcomes(outcomes);
    this.packed = packed.byteLength <= MAX_TEXT_BYTES ? latin1(packed) : packed;
    this.errors = errors.length > 0 ? errors : undefined;
  }
}

/** The calls of one thread, on their way from a batch to their outcomes. */
export class Batches {
  readonly #send: (message: ThreadMessage) => void;
  readonly #slots: Int32Array;
  /** The open batch of each suspended call. */
  readonly #batchOf: IdMap<Batch> = new IdMap();
  /** Outcomes of the running batch that are not sent yet. */
  readonly #outcomes: OutcomeWire[] = [];

  /** @param slots where calls are counted: see `SLOT.begun`. */
  constructor(slots: Int32Array, send: (message: ThreadMessage) => void) {
    this.#slots = slots;
    this.#send = send;
  }

  /** Calls that are suspended. */
  get size(): number {
    return this.#batchOf.size;
  }

  /** Runs the calls of a batch one by one, and sends their outcomes. */
  run(engine: Engine, batchId: number, packed: PackedWire): void {
    const calls = unpackCalls(toBytes(packed));
    const outcomes = this.#outcomes;
    const batch = new Batch(batchId);
    let handedOverAt = performance.now();
    for (const call of calls) {
      Atomics.add(this.#slots, SLOT.begun, 1);
      const outcome = engine.run(call);
      if (outcome) outcomes.push(outcome);
      if (outcome?.goesOn !== false) {
        batch.left++;
        this.#batchOf.set(call.callId, batch);
      }
      if (outcomes.length === 0) continue;
      const now = performance.now();
      if (now - handedOverAt < HAND_OVER_AFTER_MS) continue;
      this.#handOver(outcomes);
      outcomes.length = 0;
      handedOverAt = now;
    }
    if (batch.left === 0) this.#close(batch, outcomes);
    else if (outcomes.length > 0) this.#handOver(outcomes);
    outcomes.length = 0;
  }

  /** Sends outcomes that came late; the last one of a batch closes it. */
  settle(outcomes: OutcomeWire[]): void {
    const others: OutcomeWire[] = [];
    for (const outcome of outcomes) {
      const batch = outcome.goesOn === true ? undefined : this.#take(outcome.callId);
      if (batch?.left === 0) this.#close(batch, [outcome]);
      else others.push(outcome);
    }
    if (others.length > 0) this.#handOver(others);
  }

  /** Calls that the host gave up no longer hold their batch open. */
  forget(callIds: readonly number[]): void {
    for (const callId of callIds) {
      const batch = this.#take(callId);
      if (batch?.left === 0) this.#close(batch, []);
    }
  }

  #take(callId: number): Batch | undefined {
    const batch = this.#batchOf.get(callId);
    if (!batch) return undefined;
    this.#batchOf.delete(callId);
    batch.left--;
    return batch;
  }

  #handOver(outcomes: OutcomeWire[]): void {
    this.#send({ type: 'outcomes', outcomes: new Outcomes(outcomes) });
  }

  #close({ batchId }: Batch, outcomes: OutcomeWire[]): void {
    this.#send({ type: 'batch', batchId, outcomes: new Outcomes(outcomes) });
  }
}

function toBytes(packed: PackedWire): Uint8Array {
  return typeof packed === 'string' ? Buffer.from(packed, 'latin1') : packed;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
