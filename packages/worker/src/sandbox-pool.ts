import type { EngineModule, ExtensionWire } from '@sandglass/core';

import type { IdleSandboxes } from './idle-sandboxes.js';
import type { Layout } from './quickjs/layout.js';
import { Sandbox } from './sandbox.js';
import type { PoolCounters, SandboxSource } from './sandbox-source.js';
import type { Snapshot } from './snapshot.js';

/** Restored sandboxes kept for the next calls of one extension; more are dropped after a burst. */
const MAX_FREE = 8;

/** A sandbox that grew by more than this is dropped: clearing 8 MiB takes about as long as making a new one. */
const GROWN_BYTES = 8 << 20;

/** The pristine sandboxes of one extension: each is restored after its call and used again. */
export class SandboxPool implements SandboxSource {
  readonly extension: ExtensionWire;
  readonly #engine: EngineModule;
  readonly #layout: Layout;
  readonly #counters: PoolCounters;
  readonly #free: Sandbox[] = [];
  readonly #idle: IdleSandboxes<Sandbox>;
  readonly #snapshot: Snapshot;
  #sandboxes = 0;
  #closed = false;

  constructor(
    engine: EngineModule,
    layout: Layout,
    extension: ExtensionWire,
    snapshot: Snapshot,
    counters: PoolCounters,
    idle: IdleSandboxes<Sandbox>,
  ) {
    this.#idle = idle;
    this.#engine = engine;
    this.#layout = layout;
    this.extension = extension;
    this.#snapshot = snapshot;
    this.#counters = counters;
  }

  get memoryBytes(): number {
    return this.#snapshot.wire.bytes.byteLength * (1 + this.#sandboxes);
  }

  take(): Sandbox | undefined {
    const sandbox = this.#free.pop();
    if (sandbox) this.#idle.delete(sandbox);
    return sandbox;
  }

  async create(): Promise<Sandbox> {
    const sandbox = await Sandbox.fromSnapshot(this.#engine, this.#layout, this.extension, this.#snapshot);
    this.#count(1);
    return sandbox;
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
    if (grownBytes > GROWN_BYTES) return this.discard();
    if (this.#closed || this.#free.length >= MAX_FREE) return this.#count(-1);
    if (!sandbox.restore(this.#snapshot)) return this.discard();
    this.#counters.restores++;
    this.#keep(sandbox);
  }

  /** Makes another in its place, so that the next call finds one. */
  discard(): void {
    this.#count(-1);
    this.#counters.replacements++;
    if (this.#closed || this.#free.length > 0) return;
    this.create().then(
      (sandbox) => {
        if (this.#closed || this.#free.length > 0) this.#count(-1);
        else this.#keep(sandbox);
      },
      () => {}, // the call that needs one tries again, and reports why
    );
  }

  close(): void {
    this.#closed = true;
    this.#count(-this.#free.length);
    for (const sandbox of this.#free.splice(0)) this.#idle.delete(sandbox);
  }

  /** Gives up a free sandbox: others have more use for its memory. */
  drop(sandbox: Sandbox): void {
    this.#free.splice(this.#free.indexOf(sandbox), 1);
    this.#count(-1);
  }

  #keep(sandbox: Sandbox): void {
    this.#free.push(sandbox);
    this.#idle.add(sandbox, this);
  }

  #count(change: number): void {
    this.#sandboxes += change;
    this.#counters.sandboxes += change;
  }
}
