import type { ExtensionWire } from '@sandglass/core';

import { IdleSandboxes } from './idle-sandboxes.js';
import type { SandboxFactory } from './sandbox-factory.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { PoolCounters, SandboxSource } from './sandbox-source.js';
import type { Snapshot } from '../sandbox/snapshot.js';

/** Restored sandboxes kept for the next calls of one extension; more are dropped after a burst. */
const MAX_FREE = 64;

/** A sandbox that grew by more than this is dropped: clearing 8 MiB takes about as long as making a new one. */
const GROWN_BYTES = 8 << 20;

/** The pristine sandboxes of one extension: each is restored after its call and used again. */
export class PristineSandboxes implements SandboxSource {
  readonly extension: ExtensionWire;
  readonly #factory: SandboxFactory;
  readonly #counters: PoolCounters;
  readonly #free: Sandbox[] = [];
  /** Calls that wait for a sandbox, oldest first: for one that is made, or given back before. */
  readonly #waiting: { resolve: (sandbox: Sandbox) => void; reject: (error: unknown) => void }[] = [];
  #isMaking = false;
  readonly #idle: IdleSandboxes<Sandbox>;
  readonly #snapshot: Snapshot;
  #sandboxes = 0;
  #closed = false;

  constructor(
    factory: SandboxFactory,
    extension: ExtensionWire,
    snapshot: Snapshot,
    counters: PoolCounters,
    idle: IdleSandboxes<Sandbox>,
  ) {
    this.#idle = idle;
    this.#factory = factory;
    this.extension = extension;
    this.#snapshot = snapshot;
    this.#counters = counters;
  }

  get memoryBytes(): number {
    return this.#snapshot.wire.bytes.byteLength * (1 + this.#sandboxes);
  }

  prefetch(): number {
    const { limits, isolation } = this.extension;
    const own = limits.maxArgumentBytes | limits.maxResultBytes | isolation.length | this.#snapshot.header.heapEnd;
    return own + (this.#free[this.#free.length - 1]?.prefetch() ?? 0);
  }

  take(): Sandbox | undefined {
    const sandbox = this.#free.pop();
    if (sandbox?.place) this.#idle.delete(sandbox.place);
    return sandbox;
  }

  create(): Promise<Sandbox> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      void this.#make();
    });
  }

  /** Takes the sandbox in which the extension was loaded. */
  adopt(sandbox: Sandbox): void {
    this.#count(1);
    this.give(sandbox);
  }

  /** Restores it for the next call, whatever this one did. */
  give(sandbox: Sandbox): void {
    const { heapStart, heapEnd } = this.#snapshot.header;
    const grownBytes = sandbox.heapBytes - (heapEnd - heapStart);
    if (grownBytes > GROWN_BYTES) return this.discard(sandbox);
    if (this.#closed || this.#free.length >= MAX_FREE) return this.#retire(sandbox);
    if (!sandbox.restore(this.#snapshot)) return this.discard(sandbox);
    this.#counters.restores++;
    this.#keep(sandbox);
  }

  /** Makes another in its place, so that the next call finds one. */
  discard(sandbox: Sandbox): void {
    this.#retire(sandbox);
    this.#counters.replacements++;
    if (!this.#closed && this.#free.length === 0) void this.#make();
  }

  close(): void {
    this.#closed = true;
    for (let sandbox = this.take(); sandbox; sandbox = this.take()) this.#retire(sandbox);
  }

  /** Gives up a free sandbox: others have more use for its memory. */
  drop(sandbox: Sandbox): void {
    this.#free.splice(this.#free.indexOf(sandbox), 1);
    this.#retire(sandbox);
  }

  /** Makes one, and more while calls wait, a turn of the event loop apart: what a call gives back meanwhile need not be made. */
  async #make(): Promise<void> {
    if (this.#isMaking) return;
    this.#isMaking = true;
    const startedMs = performance.now();
    await this.#makeOne();
    const pauseMs = this.#waiting.length > 0 ? performance.now() - startedMs : 0;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    this.#isMaking = false;
    if (this.#waiting.length > 0) void this.#make();
  }

  async #makeOne(): Promise<void> {
    try {
      const sandbox = await this.#factory.open(this.extension, this.#snapshot);
      this.#count(1);
      if (this.#closed && this.#waiting.length === 0) this.#retire(sandbox);
      else this.#keep(sandbox);
    } catch (error) {
      this.#waiting.shift()?.reject(error);
    }
  }

  #keep(sandbox: Sandbox): void {
    const waiting = this.#waiting.shift();
    if (waiting) return waiting.resolve(sandbox);
    this.#free.push(sandbox);
    this.#idle.add((sandbox.place ??= IdleSandboxes.place(sandbox, this)));
  }

  #retire(sandbox: Sandbox): void {
    this.#factory.retire(sandbox);
    this.#count(-1);
  }

  #count(change: number): void {
    this.#sandboxes += change;
    this.#counters.sandboxes += change;
  }
}
