import { packOutcomes, type CapabilityCallWire, type OutcomeWire } from '@sandglass/core';

import type { Channel } from './channels.js';
import { MAX_MESSAGE_BYTES, TO_OWNER } from './frames.js';

const NOT_SENT = `a message of the fleet may have ${MAX_MESSAGE_BYTES} bytes`;

/** What a runner has for one owner, sent together once the turn's promise jobs have run. */
export class Outbox {
  readonly #channel: Channel;
  #outcomes: OutcomeWire[] = [];
  #done: number[] = [];
  #dropped: number[] = [];
  #capabilities: CapabilityCallWire[] = [];
  #isScheduled = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  outcome(outcome: OutcomeWire): void {
    this.#outcomes.push(outcome);
    this.#schedule();
  }

  /** All calls of a batch are over. */
  done(batchId: number): void {
    this.#done.push(batchId);
    this.#schedule();
  }

  /** A call's lane was lost. */
  drop(callId: number): void {
    this.#dropped.push(callId);
    this.#schedule();
  }

  capability(call: CapabilityCallWire): void {
    this.#capabilities.push(call);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Sends what there is: capability calls before the outcomes of what made them. */
  flush(): void {
    this.#isScheduled = false;
    const [outcomes, done, dropped, calls] = [this.#outcomes, this.#done, this.#dropped, this.#capabilities];
    this.#outcomes = [];
    this.#done = [];
    this.#dropped = [];
    this.#capabilities = [];
    if (calls.length > 0 && !this.#channel.send(TO_OWNER.capabilities, calls))
      for (const call of calls) this.#sendCall(call);
    if (dropped.length > 0) this.#channel.send(TO_OWNER.dropped, dropped);
    if (outcomes.length === 0 && done.length === 0) return;
    if (this.#sendOutcomes(outcomes, done)) return;
    for (const outcome of outcomes) if (!this.#sendOutcomes([outcome], [])) this.#sendOutcomes([failed(outcome)], []);
    this.#sendOutcomes([], done);
  }

  #sendOutcomes(outcomes: OutcomeWire[], done: number[]): boolean {
    const { packed, errors } = packOutcomes(outcomes);
    return this.#channel.send(TO_OWNER.outcomes, { errors, done }, packed);
  }

  /** One whose arguments are too large ends its call. */
  #sendCall(call: CapabilityCallWire): void {
    if (this.#channel.send(TO_OWNER.capabilities, [call])) return;
    this.#sendOutcomes([failed({ callId: call.callId, usage: { cpuTimeMs: 0, heapBytes: 0 } })], []);
  }
}

function failed({ callId, usage }: Pick<OutcomeWire, 'callId' | 'usage'>): OutcomeWire {
  return { callId, ok: false, error: { code: 'E_QUOTA', message: `Cannot give it back: ${NOT_SENT}` }, usage };
}
