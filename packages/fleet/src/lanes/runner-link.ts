import { packCalls, type CallWire, type ExtensionWire, type InstallWire } from '@sandglass/core';
import type { SettlementWire, SnapshotWire } from '@sandglass/core';
import type { CallBatch, CallTerms, LaneDistance, LaneEvents, LaneLink } from '@sandglass/host/fleet';

import type { Channel } from './channels.js';
import { type Message, NO_USAGE, TO_OWNER, TO_RUNNER, tooLarge, unshared } from './frames.js';
import type { Presence } from './presence.js';

/** Milliseconds of a hop that has not been measured yet. */
const FIRST_HOP_MS = 0.5;
/** Weight of the newest measurement. */
const HOP_WEIGHT = 0.2;
/** A longer hop counts as this long: a process was busy. */
const MAX_HOP_MS = 20;

export interface RunnerLinkOptions {
  channel: Channel;
  events: LaneEvents;
  runner: Presence;
  /** Called when the lane has ended. */
  onEnd: (how: 'lost' | 'retired') => void;
}

/** A lane to a runner: all its engines, behind one session. */
export class RunnerLink implements LaneLink {
  readonly slots: undefined;
  readonly memoryBytes = 0;
  readonly distance: { -readonly [Key in keyof LaneDistance]: LaneDistance[Key] };
  readonly #channel: Channel;
  readonly #events: LaneEvents;
  readonly #onEnd: RunnerLinkOptions['onEnd'];
  /** Ids of batches and, negative, of loads that the runner has not answered. */
  readonly #awaited: Set<number> = new Set();
  /** Extensions that are too large for a message. */
  readonly #tooLarge: Set<number> = new Set();
  #isUp = false;
  #isOver = false;

  constructor({ channel, events, runner, onEnd }: RunnerLinkOptions) {
    this.#channel = channel;
    this.#events = events;
    this.#onEnd = onEnd;
    this.distance = { engines: runner.engines, hopMs: FIRST_HOP_MS, othersMs: runner.loadMs, runner: runner.name };
    channel.events = {
      message: (message) => this.#receive(message),
      lost: (reason) => this.#lose(reason),
      beat: () => this.#send(TO_RUNNER.beat, performance.now()),
    };
    this.#send(TO_RUNNER.open, { engine: runner.engine });
    this.#send(TO_RUNNER.beat, performance.now());
  }

  /** Takes what the runner publishes of itself. */
  hear({ engines }: Presence): void {
    this.distance.engines = engines;
  }

  batch({ id, install, calls, terms = [] }: CallBatch): void {
    this.#awaited.add(id);
    for (const each of install) this.#install(each);
    const isSendable = this.#tooLarge.size === 0 || calls.every(({ extensionId }) => !this.#tooLarge.has(extensionId));
    if (isSendable && this.#sendBatch(id, calls, terms)) return;
    // one too large fails alone
    calls.forEach((call, i) => {
      const isSent = !this.#tooLarge.has(call.extensionId) && this.#sendBatch(id, [call], terms.slice(i, i + 1), false);
      if (!isSent) this.#fail(call);
    });
    this.#sendBatch(id, [], []);
  }

  load(extension: ExtensionWire, snapshot: SnapshotWire | undefined): void {
    this.#awaited.add(-extension.id);
    if (this.#send(TO_RUNNER.load, { extension, ...(snapshot && { snapshot: unshared(snapshot) }) })) return;
    this.#settleLoad(extension.id, { ok: false, error: tooLarge(`load "${extension.name}"`) });
  }

  settle(settlements: SettlementWire[]): void {
    if (this.#send(TO_RUNNER.settle, settlements)) return;
    for (const settlement of settlements) {
      if (this.#send(TO_RUNNER.settle, [settlement])) continue;
      const { code, message } = tooLarge('answer a capability call');
      const { callId, seq } = settlement;
      this.#send(TO_RUNNER.settle, [{ callId, seq, ok: false, error: { name: 'RangeError', message, code } }]);
    }
  }

  abort(callIds: number[]): void {
    this.#send(TO_RUNNER.abort, callIds);
  }

  forget(extensionId: number): void {
    this.#tooLarge.delete(extensionId);
    this.#send(TO_RUNNER.forget, extensionId);
  }

  /** A runner looks after its own memory. */
  trim(): void {}

  /** See `trim`. */
  shed(): void {}

  requestStats(): void {
    this.#send(TO_RUNNER.stats);
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#send(TO_RUNNER.close);
    this.#channel.close();
    this.#end('retired');
  }

  #install({ extension, loaded }: InstallWire): void {
    const wire = { extension, loaded: { ...loaded, snapshot: unshared(loaded.snapshot) } };
    if (!this.#send(TO_RUNNER.install, wire)) this.#tooLarge.add(extension.id);
  }

  #sendBatch(id: number, calls: CallWire[], terms: CallTerms[], isLast = true): boolean {
    const left = terms.map(({ leftMs }) => Math.ceil(leftMs));
    const runs = terms.map(({ runs }) => runs);
    const traces = terms.some(({ trace }) => trace) ? terms.map(({ trace }) => trace ?? null) : undefined;
    return this.#send(TO_RUNNER.batch, { id, isLast, left, runs, ...(traces && { traces }) }, packCalls(calls));
  }

  #fail({ callId }: CallWire): void {
    this.#events.outcomes([{ callId, ok: false, error: tooLarge('run a call on a runner'), usage: NO_USAGE }]);
  }

  #send(type: number, value?: unknown, packed?: Uint8Array): boolean {
    return this.#isOver || this.#channel.send(type, value, packed);
  }

  #receive({ type, value, packed }: Message): void {
    if (this.#isOver) return;
    const events = this.#events;
    // whatever the value is, it becomes an object whose keys may be read
    const { errors, done, echo, othersMs, extensionId, reply } = Object(value) as Record<string, unknown>;
    if (type === TO_OWNER.outcomes) this.#settleBatches({ packed, errors: errors ?? [] }, done);
    else if (type === TO_OWNER.capabilities) events.capabilities(value);
    else if (type === TO_OWNER.beat) this.#measure(echo, othersMs);
    else if (type === TO_OWNER.loaded) this.#settleLoad(extensionId, reply);
    else if (type === TO_OWNER.dropped) events.dropped?.(value);
    else if (type === TO_OWNER.cold) events.cold?.(value);
    else if (type === TO_OWNER.stats) events.stats(value);
    else if (type === TO_OWNER.ready && !this.#isUp) {
      this.#isUp = true;
      events.ready();
    } else events.violation();
  }

  /** @param done ids of the batches that are over with these outcomes. */
  #settleBatches(outcomes: unknown, done: unknown): void {
    this.#events.outcomes(outcomes);
    if (!Array.isArray(done)) return this.#events.violation();
    for (const id of done as unknown[]) {
      if (typeof id === 'number' && id > 0 && this.#awaited.delete(id)) this.#events.batchDone(id, []);
      else this.#events.violation();
    }
  }

  #settleLoad(id: unknown, reply: unknown): void {
    if (typeof id === 'number' && id > 0 && this.#awaited.delete(-id)) this.#events.loadDone(id, reply);
    else this.#events.violation();
  }

  #measure(echo: unknown, othersMs: unknown): void {
    if (typeof echo !== 'number' || typeof othersMs !== 'number' || !(othersMs >= 0)) return this.#events.violation();
    const tookMs = Math.min(Math.max(performance.now() - echo, 0), MAX_HOP_MS);
    this.distance.hopMs += (tookMs - this.distance.hopMs) * HOP_WEIGHT;
    this.distance.othersMs = othersMs;
  }

  #lose(reason: Error): void {
    if (this.#isOver) return;
    this.#end('lost');
    this.#events.lost(new Error(`the runner "${this.distance.runner}" was lost: ${reason.message}`));
  }

  #end(how: 'lost' | 'retired'): void {
    this.#isOver = true;
    this.#onEnd(how);
  }
}
