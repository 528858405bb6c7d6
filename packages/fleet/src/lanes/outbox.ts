import { packOutcomes, type CapabilityCallWire, type OutcomeWire } from '@sandglass/core';

import type { Channel } from './channels.js';
import { NO_USAGE, TO_OWNER, tooLarge } from './frames.js';

/** What is to be sent together. */
interface Unsent {
  outcomes: OutcomeWire[];
  done: number[];
  dropped: number[];
  capabilities: CapabilityCallWire[];
}

/** What a runner has for one owner, sent together once the turn's promise jobs have run. */
export class Outbox {
  readonly #channel: Channel;
  #unsent: Unsent | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  outcome(outcome: OutcomeWire): void {
    this.#soon.outcomes.push(outcome);
  }

  /** All calls of a batch are over. */
  done(batchId: number): void {
    this.#soon.done.push(batchId);
  }

  /** A call's lane was lost. */
  drop(callId: number): void {
    this.#soon.dropped.push(callId);
  }

  capability(call: CapabilityCallWire): void {
    this.#soon.capabilities.push(call);
  }

  /** What goes with the next flush. */
  get #soon(): Unsent {
    if (!this.#unsent) {
      this.#unsent = { outcomes: [], done: [], dropped: [], capabilities: [] };
      queueMicrotask(() => this.flush());
    }
    return this.#unsent;
  }

  /** Sends what there is: capability calls before the outcomes of what made them. */
  flush(): void {
    if (!this.#unsent) return;
    const { outcomes, done, dropped, capabilities } = this.#unsent;
    this.#unsent = undefined;
    if (capabilities.length > 0 && !this.#channel.send(TO_OWNER.capabilities, capabilities))
      for (const call of capabilities) this.#sendCall(call);
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
    this.#sendOutcomes([failed({ callId: call.callId, usage: NO_USAGE })], []);
  }
}

function failed({ callId, usage }: Pick<OutcomeWire, 'callId' | 'usage'>): OutcomeWire {
  return { callId, ok: false, error: tooLarge('give it back'), usage };
}
