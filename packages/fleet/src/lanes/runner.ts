import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import type { Msg } from '@nats-io/transport-node';
import { createRelayPool, openTraces, type BackgroundEnd, type PoolOptions } from '@sandglass/host/fleet';
import type { RelayedCapabilityCall, RelayPool, RunEntry, Runner, Traces } from '@sandglass/host/fleet';

import type { Transport } from '../connection/transport.js';
import { BEAT_MS, Channels } from './channels.js';
import { OwnerSession, type RelayedExtension, type SessionHost } from './owner-session.js';
import { type Presence, type Subjects, subjectsOf, writePresence } from './presence.js';
import type { RelayedCall } from './relayed-call.js';

/** Part of the pool's memory that snapshots may take; above it the coldest are given up. */
const SNAPSHOT_SHARE = 1 / 4;
/** Part of that which snapshots take after the coldest were given up. */
const KEPT_SHARE = 3 / 4;
/** Weight of the newest call in the mean CPU time of calls. */
const COST_WEIGHT = 0.05;
const DRAIN_POLL_MS = 20;

/** A runner: lends its own pool to the owners of a fleet. */
export class FleetRunner implements Runner, SessionHost {
  readonly name: string;
  readonly threads: number;
  /** Called at the end of `close`. */
  onClose: (() => Promise<void>) | undefined;
  pool!: RelayPool;
  readonly calls: Map<number, { session: OwnerSession; call: RelayedCall }> = new Map();
  readonly extensions: Map<number, RelayedExtension> = new Map();
  readonly #transport: Transport;
  readonly #id: string = randomBytes(12).toString('hex');
  readonly #subjects: Subjects;
  readonly #channels: Channels;
  readonly #sessions: Set<OwnerSession> = new Set();
  readonly #traces: Traces = openTraces();
  readonly #drainListeners: Set<() => void> = new Set();
  #hello: Disposable | undefined;
  #timer: NodeJS.Timeout | undefined;
  isDraining = false;
  #closing: Promise<void> | undefined;
  #lastExtensionId = 0;
  #uses = 0;
  #snapshotBytes = 0;
  #maxSnapshotBytes = Infinity;
  #meanMs = 0;

  static async open(transport: Transport, name: string, pool: PoolOptions = {}): Promise<FleetRunner> {
    const runner = new FleetRunner(transport, name, pool.maxThreads ?? availableParallelism());
    await runner.#open(pool);
    return runner;
  }

  private constructor(transport: Transport, name: string, threads: number) {
    this.name = name;
    this.threads = threads;
    this.#transport = transport;
    this.#subjects = subjectsOf(transport.prefix);
    this.#channels = new Channels(transport, this.#subjects.runner(this.#id));
    this.#channels.onStranger = (token, message) => this.#meet(token, message);
  }

  async #open(pool: PoolOptions): Promise<void> {
    this.pool = await createRelayPool({
      // owners bound what they send
      pool: { ...pool, maxQueueLength: 1_000_000, maxExtensionQueueLength: 1_000_000 },
      relay: (call) => this.#relay(call),
      onBackground: (end) => this.#background(end),
    });
    this.#maxSnapshotBytes = this.pool.stats().maxMemoryBytes * SNAPSHOT_SHARE;
    this.#hello = this.#transport.subscribe(this.#subjects.hello, () => this.#present());
    this.#timer = setInterval(() => this.#present(), BEAT_MS);
    this.#present();
  }

  get engine(): string {
    return this.pool.engine;
  }

  get owners(): number {
    return this.#sessions.size;
  }

  get running(): number {
    let running = 0;
    for (const { size } of this.#sessions) running += size;
    return running;
  }

  nextExtensionId(): number {
    return (this.#lastExtensionId += 1);
  }

  othersMs(session: OwnerSession): number {
    return ((this.running - session.size) * this.#meanMs) / this.threads;
  }

  used(extension: RelayedExtension): void {
    extension.usedAt = this.#uses += 1;
  }

  kept(extension: RelayedExtension, snapshotBytes: number): void {
    extension.snapshotBytes = snapshotBytes;
    this.#snapshotBytes += snapshotBytes;
    this.used(extension);
    if (this.#snapshotBytes > this.#maxSnapshotBytes) this.#coolDown();
  }

  forgotten(extension: RelayedExtension): void {
    if (!extension.isCold) this.#snapshotBytes -= extension.snapshotBytes;
    void this.pool.unload(extension.localId).finally(() => this.extensions.delete(extension.localId));
  }

  learn(cpuTimeMs: number): void {
    this.#meanMs += (cpuTimeMs - this.#meanMs) * COST_WEIGHT;
  }

  ran(
    { wire }: RelayedExtension,
    { trace, beganMs, outcome: reported }: RelayedCall,
    outcome: RunEntry['outcome'],
  ): void {
    if (!trace) return;
    const durationMs = performance.now() - beganMs;
    this.#traces.tracing()?.onRun({ extension: wire.name, outcome, durationMs, ...reported?.usage }, trace);
  }

  ended(session: OwnerSession): void {
    this.#sessions.delete(session);
  }

  onDrain(listener: () => void): Disposable {
    this.#drainListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#drainListeners.delete(listener) };
  }

  drain(): void {
    if (this.isDraining) return;
    this.isDraining = true;
    this.#present();
    for (const listener of this.#drainListeners) listener();
  }

  close(graceMs = 5_000): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.drain();
    const endsMs = performance.now() + graceMs;
    while (this.running > 0 && performance.now() < endsMs) await delay(DRAIN_POLL_MS);
    clearInterval(this.#timer);
    this.#hello?.[Symbol.dispose]();
    for (const session of [...this.#sessions]) session.close('the runner ends');
    this.#channels.close();
    await this.pool.close(0);
    await this.onClose?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #present(): void {
    if (this.#transport.connection.isClosed()) return;
    const presence: Presence = {
      id: this.#id,
      name: this.name,
      engine: this.engine,
      engines: this.isDraining ? 0 : this.threads,
      loadMs: (this.running * this.#meanMs) / this.threads,
    };
    this.#transport.connection.publish(this.#subjects.presence, writePresence(presence));
  }

  /** Opens a session, or tells an owner that its session is over. */
  #meet(token: string, message: Msg): void {
    const owner = this.#subjects.owner('');
    const to = message.reply?.slice(0, -token.length - 1);
    if (to === undefined || message.reply !== `${to}.${token}` || !to.startsWith(owner)) return;
    const channel = this.#channels.open(token, to);
    const session = new OwnerSession(channel, this);
    this.#sessions.add(session);
    // a session that was lost here goes on with a later message, whose number ends it on both sides
    if (this.isDraining) session.close('the runner ends');
    else channel.receive(message);
  }

  #relay(call: RelayedCapabilityCall): void {
    const { callId } = call.wire;
    const relayed = this.calls.get(callId);
    if (relayed) return relayed.session.capability(call, relayed.call);
    const extension = callId < 0 ? this.extensions.get(-callId) : undefined;
    if (extension?.load) extension.session.capability(call, extension.load);
  }

  #background(end: BackgroundEnd): void {
    const relayed = this.calls.get(end.callId);
    relayed?.session.background(relayed.call, end);
  }

  /** Asks owners to forget the extensions that were called longest ago. */
  #coolDown(): void {
    const warm = [...this.extensions.values()].filter(({ isCold, wire }) => !isCold && wire.isolation !== 'persistent');
    warm.sort((a, b) => a.usedAt - b.usedAt);
    const coldest = new Map<OwnerSession, RelayedExtension[]>();
    for (const extension of warm) {
      if (this.#snapshotBytes <= this.#maxSnapshotBytes * KEPT_SHARE) break;
      this.#snapshotBytes -= extension.snapshotBytes;
      coldest.set(extension.session, [...(coldest.get(extension.session) ?? []), extension]);
    }
    for (const [session, extensions] of coldest) session.sendCold(extensions);
  }
}
