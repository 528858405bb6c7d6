import type { ExtensionWire } from '@sandglass/core';

import { pause, type SandboxFactory } from './sandbox-factory.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { PoolCounters, SandboxSource, Tenant } from './sandbox-source.js';
import type { Snapshot } from '../sandbox/snapshot.js';

/**
 * The one sandbox of a persistent extension, from its first call on: calls share it and interleave
 * at their awaits.
 */
export class PersistentSandbox implements SandboxSource {
  readonly extension: ExtensionWire;
  readonly #factory: SandboxFactory;
  readonly #counters: PoolCounters;
  readonly #snapshot: Snapshot;
  #making: Promise<Sandbox> | undefined;
  #ready: Sandbox | undefined;
  /**
   * Goes up when the sandbox is given up. A sandbox whose making began before belongs to an older
   * generation and is dropped.
   */
  #generation = 0;

  constructor(factory: SandboxFactory, extension: ExtensionWire, snapshot: Snapshot, counters: PoolCounters) {
    this.#factory = factory;
    this.extension = extension;
    this.#snapshot = snapshot;
    this.#counters = counters;
  }

  get memoryBytes(): number {
    return this.#snapshot.wire.bytes.byteLength + (this.#ready?.heapBytes ?? 0);
  }

  take(): Sandbox | undefined {
    return this.#ready;
  }

  create(): Promise<Sandbox> {
    this.#making ??= this.#make(this.#generation);
    return this.#making;
  }

  /** Does nothing: calls share the sandbox, and none is swapped out. */
  wait(): void {}

  resume(): boolean {
    return true;
  }

  bringIn(): void {}

  leave({ seat }: Tenant): void {
    if (seat) this.give(seat);
  }

  /** Does nothing: the memory of the one sandbox is the extension's state. */
  trim(): void {}

  give(sandbox: Sandbox): void {
    sandbox.release();
  }

  discard(sandbox: Sandbox): void {
    this.#factory.retire(sandbox);
    if (sandbox !== this.#ready) return;
    this.close();
    this.#counters.replacements++;
  }

  close(): void {
    if (this.#ready) this.#counters.sandboxes--;
    this.#ready = undefined;
    this.#making = undefined;
    this.#generation++;
  }

  async #make(generation: number): Promise<Sandbox> {
    try {
      while (!this.#factory.hasRoom(this.extension, this.#snapshot, 'first') && generation === this.#generation)
        await pause();
      const sandbox = await this.#factory.open(this.extension, this.#snapshot);
      if (generation !== this.#generation) return sandbox;
      this.#counters.sandboxes++;
      return (this.#ready = sandbox);
    } catch (error) {
      if (generation === this.#generation) this.#making = undefined; // the next call tries again
      throw error;
    }
  }
}
