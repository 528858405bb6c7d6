import type { EngineModule, ExtensionWire } from '@sandglass/core';

import type { Layout } from './quickjs/layout.js';
import { Sandbox } from './sandbox.js';
import { withPrivateParts, type Snapshot } from './snapshot.js';

/** Restored sandboxes kept for the next calls of one extension; more are dropped after a burst. */
const MAX_FREE = 8;

/** Restores after which a snapshot is worth a copy in this thread's own memory. */
const HOT_AFTER = 4;

/** A sandbox that grew by more than this is dropped: clearing 8 MiB takes about as long as making a new one. */
const GROWN_BYTES = 8 << 20;

/** Counters that all pools of an engine share. */
export interface PoolCounters {
  sandboxes: number;
  restores: number;
  replacements: number;
}

/** The pristine sandboxes of one extension: each is restored after its call and used again. */
export class SandboxPool {
  readonly extension: ExtensionWire;
  readonly #engine: EngineModule;
  readonly #layout: Layout;
  readonly #counters: PoolCounters;
  readonly #free: Sandbox[] = [];
  #snapshot: Snapshot;
  #restores = 0;
  #closed = false;

  constructor(engine: EngineModule, layout: Layout, extension: ExtensionWire, snapshot: Snapshot, counters: PoolCounters) {
    this.#engine = engine;
    this.#layout = layout;
    this.extension = extension;
    this.#snapshot = snapshot;
    this.#counters = counters;
  }

  /** Bytes of the snapshot. */
  get snapshotBytes(): number {
    return this.#snapshot.wire.bytes.byteLength;
  }

  /** A pristine sandbox, if one is at hand. */
  take(): Sandbox | undefined {
    return this.#free.pop();
  }

  /** A new sandbox, made from the snapshot. */
  async create(): Promise<Sandbox> {
    const sandbox = await Sandbox.fromSnapshot(this.#engine, this.#layout, this.extension, this.#snapshot);
    this.#counters.sandboxes++;
    return sandbox;
  }

  /** Takes the sandbox in which the extension was loaded. */
  adopt(sandbox: Sandbox): void {
    this.#counters.sandboxes++;
    this.give(sandbox);
  }

  /** Takes a sandbox back after its call, whatever the call did. */
  give(sandbox: Sandbox): void {
    const grownBytes = sandbox.heapBytes - (this.#snapshot.header.heapEnd - this.#layout.heapBase);
    if (grownBytes > GROWN_BYTES) return this.replace();
    if (this.#closed || this.#free.length >= MAX_FREE) return this.drop();
    if (++this.#restores === HOT_AFTER) this.#snapshot = withPrivateParts(this.#snapshot);
    this.#counters.restores++;
    sandbox.restore(this.#snapshot);
    this.#free.push(sandbox);
  }

  /** Forgets a sandbox that cannot be used again, and makes another in its place. */
  replace(): void {
    this.drop();
    this.#counters.replacements++;
    if (this.#closed || this.#free.length > 0) return;
    void this.create().then((sandbox) => (this.#closed ? this.drop() : void this.#free.push(sandbox)));
  }

  /** Forgets a sandbox; its memory goes with it. */
  drop(): void {
    this.#counters.sandboxes--;
  }

  close(): void {
    this.#closed = true;
    this.#counters.sandboxes -= this.#free.length;
    this.#free.length = 0;
  }
}
