import { unpackCalls, type CallWire, type ExtensionWire, type InstallWire } from '@sandglass/core';
import { isSandglassError, type OutcomeWire, type SandglassError, type SettlementWire } from '@sandglass/core';
import type { BackgroundEnd, CallTerms, RelayedCapabilityCall, RelayPool, RunEntry } from '@sandglass/host/fleet';

import type { Channel } from './channels.js';
import { type BatchWire, type LoadWire, type Message, TO_OWNER, TO_RUNNER, unshared } from './frames.js';
import { Outbox } from './outbox.js';
import { Relayed, RelayedBatch, RelayedCall, toErrorWire } from './relayed-call.js';

/** Added to the time that an owner leaves to a call: owners end their calls, unless they hang. */
const DEADLINE_SLACK_MS = 1_000;

/** An extension of an owner, in the runner's pool. */
export interface RelayedExtension {
  /** In the owner's pool. */
  readonly ownerId: number;
  /** In the runner's pool. */
  readonly localId: number;
  readonly wire: ExtensionWire;
  readonly session: OwnerSession;
  /** Its load, while that is under way. */
  load: Relayed | undefined;
  snapshotBytes: number;
  /** The runner's number of calls when it was last called. */
  usedAt: number;
  /** Whether its owner has been asked to forget it. */
  isCold: boolean;
}

/** What a session needs of its runner. */
export interface SessionHost {
  readonly pool: RelayPool;
  /** By their ids in the pool. */
  readonly calls: Map<number, { session: OwnerSession; call: RelayedCall }>;
  /** By their ids in the pool. */
  readonly extensions: Map<number, RelayedExtension>;
  nextExtensionId(): number;
  /** Work of other owners, in milliseconds on each engine. */
  othersMs(session: OwnerSession): number;
  used(extension: RelayedExtension): void;
  /** Told that the pool has an extension, with its snapshot. */
  kept(extension: RelayedExtension, snapshotBytes: number): void;
  /** Takes it out of the pool, once its calls are over. */
  forgotten(extension: RelayedExtension): void;
  learn(cpuTimeMs: number): void;
  /** For the spans of the runs. */
  ran(extension: RelayedExtension, call: RelayedCall, outcome: RunEntry['outcome']): void;
  ended(session: OwnerSession): void;
}

/** One owner at a runner: its extensions, and its calls that are under way. */
export class OwnerSession {
  readonly #channel: Channel;
  readonly #host: SessionHost;
  readonly #outbox: Outbox;
  /** By the owner's ids. */
  readonly #extensions: Map<number, RelayedExtension> = new Map();
  readonly #calls: Map<number, RelayedCall> = new Map();
  readonly #batches: Map<number, RelayedBatch> = new Map();
  #isOver = false;

  constructor(channel: Channel, host: SessionHost) {
    this.#channel = channel;
    this.#host = host;
    this.#outbox = new Outbox(channel);
    channel.events = {
      message: (message) => this.#receive(message),
      lost: () => this.#end(),
      beat: () => {}, // the owner beats, and the runner answers
    };
  }

  /** Calls and loads under way. */
  get size(): number {
    let loads = 0;
    for (const { load } of this.#extensions.values()) if (load) loads += 1;
    return this.#calls.size + loads;
  }

  capability(call: RelayedCapabilityCall, relayed: Relayed): void {
    this.#outbox.capability({ ...call.wire, callId: relayed.callId, seq: relayed.ask(call) });
  }

  /** The background of an answered call has ended. */
  background(call: RelayedCall, end: BackgroundEnd): void {
    this.#finish(call, () => this.#outbox.outcome(call.finished(end)));
  }

  /** Asks the owner to forget extensions; the owner may keep them. */
  sendCold(extensions: RelayedExtension[]): void {
    for (const extension of extensions) extension.isCold = true;
    this.#channel.send(
      TO_OWNER.cold,
      extensions.map(({ ownerId }) => ownerId),
    );
  }

  /** Ends the session: its owner runs elsewhere what was under way. */
  close(reason: string): void {
    this.#channel.lose(new Error(reason));
  }

  #receive({ type, value, packed }: Message): void {
    // an owner is not hostile: what it says has its shape, or throws and ends its session
    switch (type) {
      case TO_RUNNER.open:
        return this.#open(value as { engine: string });
      case TO_RUNNER.install:
        return this.#install(value as InstallWire);
      case TO_RUNNER.batch:
        return this.#batch(value as BatchWire, unpackCalls(packed));
      case TO_RUNNER.load:
        return void this.#load(value as LoadWire);
      case TO_RUNNER.settle:
        return this.#settle(value as SettlementWire[]);
      case TO_RUNNER.abort:
        for (const callId of value as number[]) this.#calls.get(callId)?.abort();
        return;
      case TO_RUNNER.forget:
        return this.#forget(value as number);
      case TO_RUNNER.stats:
        return void this.#channel.send(TO_OWNER.stats, this.#stats());
      case TO_RUNNER.beat:
        return void this.#channel.send(TO_OWNER.beat, { echo: value, othersMs: this.#host.othersMs(this) });
      case TO_RUNNER.close:
        this.#channel.close();
        return this.#end();
      default:
        throw new Error(`type ${type} is unknown`);
    }
  }

  #open({ engine }: { engine: string }): void {
    if (engine === this.#host.pool.engine) this.#channel.send(TO_OWNER.ready);
    else this.close('another engine');
  }

  #add(wire: ExtensionWire): RelayedExtension {
    const localId = this.#host.nextExtensionId();
    const extension: RelayedExtension = {
      ...{ ownerId: wire.id, localId, wire: { ...wire, id: localId }, session: this },
      ...{ load: undefined, snapshotBytes: 0, usedAt: 0, isCold: false },
    };
    this.#extensions.set(wire.id, extension);
    this.#host.extensions.set(localId, extension);
    return extension;
  }

  #install({ extension: wire, loaded }: InstallWire): void {
    const extension = this.#add(wire);
    this.#host.pool.install({ extension: extension.wire, loaded });
    this.#host.kept(extension, loaded.snapshot.bytes.byteLength);
  }

  async #load({ extension: wire, snapshot }: LoadWire): Promise<void> {
    const extension = this.#add(wire);
    extension.load = new Relayed(-wire.id);
    let outcome: OutcomeWire | undefined;
    const loading = this.#host.pool.load(extension.wire, snapshot, (failed) => (outcome = failed));
    const reply = await loading.then(
      (loaded) => {
        this.#host.kept(extension, loaded.snapshot.bytes.byteLength);
        return { ok: true, loaded: { ...loaded, snapshot: unshared(loaded.snapshot) } };
      },
      (error: unknown) => {
        this.#remove(extension);
        return { ok: false, error: outcome?.ok === false ? outcome.error : toErrorWire(toOurs(error)) };
      },
    );
    extension.load = undefined;
    this.#outbox.flush(); // what it has logged comes first
    if (this.#channel.send(TO_OWNER.loaded, { extensionId: wire.id, reply })) return;
    const error = { code: 'E_MEMORY', message: `Cannot load "${wire.name}": its snapshot is too large for the fleet` };
    this.#channel.send(TO_OWNER.loaded, { extensionId: wire.id, reply: { ok: false, error } });
  }

  #batch({ id, isLast, left, runs, traces = [] }: BatchWire, calls: CallWire[]): void {
    let batch = this.#batches.get(id);
    if (!batch) this.#batches.set(id, (batch = new RelayedBatch(id)));
    batch.isComplete = isLast;
    calls.forEach((call, i) => {
      this.#run(batch, call, { leftMs: left[i] ?? 0, runs: runs[i] ?? 0, trace: traces[i] ?? undefined });
    });
    this.#closeIfOver(batch);
  }

  #run(batch: RelayedBatch, wire: CallWire, { leftMs, runs, trace }: CallTerms): void {
    const extension = this.#extensions.get(wire.extensionId);
    if (!extension) return this.#outbox.drop(wire.callId); // its load was lost with a lane
    this.#host.used(extension);
    const call = new RelayedCall(wire.callId, batch, trace);
    batch.left += 1;
    this.#calls.set(wire.callId, call);
    const { pool, calls } = this.#host;
    const accepted = pool.call({
      extension: extension.wire,
      handler: wire.handler,
      argument: wire.argument,
      wallTimeMs: leftMs + DEADLINE_SLACK_MS,
      runs,
      onAccepted: (localId, abort) => {
        call.localId = localId;
        call.abort = abort;
        calls.set(localId, { session: this, call });
      },
      onOutcome: (outcome) => (call.outcome = outcome),
      waitUntil: () => (call.goesOn = true),
    });
    accepted.then(
      (value) => {
        this.#host.ran(extension, call, 'ok');
        this.#answer(call, () => this.#outbox.outcome(call.succeeded(value)));
      },
      (thrown: unknown) => {
        const error = toOurs(thrown);
        this.#host.ran(extension, call, error.code);
        this.#answer(call, () => this.#fail(call, error));
      },
    );
  }

  #fail(call: RelayedCall, error: SandglassError): void {
    const isLost = error.code === 'E_WORKER_LOST' && call.outcome === undefined;
    if (isLost || error.code === 'E_CLOSED') this.#outbox.drop(call.callId);
    else if (error.code !== 'E_ABORTED') this.#outbox.outcome(call.failed(error));
  }

  #answer(call: RelayedCall, tell: () => void): void {
    if (call.goesOn) tell();
    else this.#finish(call, tell);
  }

  #finish(call: RelayedCall, tell: () => void): void {
    this.#host.calls.delete(call.localId);
    if (call.outcome) this.#host.learn(call.outcome.usage.cpuTimeMs);
    if (this.#isOver) return;
    this.#calls.delete(call.callId);
    tell();
    call.batch.left -= 1;
    this.#closeIfOver(call.batch);
  }

  #closeIfOver(batch: RelayedBatch): void {
    if (batch.left > 0 || !batch.isComplete) return;
    this.#batches.delete(batch.id);
    this.#outbox.done(batch.id);
  }

  #settle(settlements: SettlementWire[]): void {
    for (const settlement of settlements) {
      const { callId, seq } = settlement;
      const relayed = callId > 0 ? this.#calls.get(callId) : this.#extensions.get(-callId)?.load;
      relayed?.answer(
        seq,
        settlement.ok ? { ok: true, value: settlement.value } : { ok: false, error: settlement.error },
      );
    }
  }

  #forget(ownerId: number): void {
    const extension = this.#extensions.get(ownerId);
    if (extension) this.#remove(extension);
  }

  #remove(extension: RelayedExtension): void {
    this.#extensions.delete(extension.ownerId);
    this.#host.forgotten(extension);
  }

  #stats(): object {
    const { lanes, restores, replacements, failures, memoryBytes } = this.#host.pool.stats();
    const sum = (key: 'sandboxes' | 'snapshots'): number => lanes.reduce((all, lane) => all + lane[key], 0);
    const [sandboxes, snapshots] = [sum('sandboxes'), sum('snapshots')];
    return { sandboxes, snapshots, restores, replacements, failures, memoryBytes };
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const call of this.#calls.values()) call.abort();
    for (const extension of [...this.#extensions.values()]) this.#remove(extension);
    this.#host.ended(this);
  }
}

/** Passes on a SandglassError: a pool rejects with nothing else. */
function toOurs(error: unknown): SandglassError {
  if (isSandglassError(error)) return error;
  throw error;
}
