import type { EngineModule, ExtensionWire } from '@sandglass/core';

import type { Layout } from '../quickjs/memory/layout.js';
import { createInstance, toWholePages, type Instance } from '../quickjs/instance.js';
import { SpareInstances } from './spare-instances.js';
import { Sandbox } from '../sandbox/sandbox.js';
import { bootKey } from '../sandbox/snapshot-key.js';
import { toInitialBytes, type Snapshot } from '../sandbox/snapshot.js';

/** Makes the sandboxes of one thread, and takes back what those are made of that are given up. */
export class SandboxFactory {
  readonly layout: Layout;
  readonly #engine: EngineModule;
  readonly #spare: SpareInstances = new SpareInstances();
  /** The kind of sandbox that was booted last. */
  #booted: { key: string; snapshot?: Snapshot } = { key: '' };

  constructor(engine: EngineModule, layout: Layout) {
    this.#engine = engine;
    this.layout = layout;
  }

  /**
   * A sandbox that has seen nothing of its extension yet. Making one takes 3 ms, so that the second of its kind is kept as a
   * snapshot for those to come; the first is not, since a cold start makes no other.
   */
  async boot(extension: ExtensionWire): Promise<Sandbox> {
    const key = bootKey(extension);
    const { snapshot, ...last } = this.#booted;
    if (last.key === key && snapshot) return this.open(extension, snapshot);
    const machine = await this.#createInstance(extension, this.layout.heapBase);
    const sandbox = Sandbox.boot(machine, this.layout, extension);
    this.#booted = { key };
    if (last.key === key) this.#booted = { key, snapshot: await sandbox.snapshot({ key, registrations: [] }) };
    return sandbox;
  }

  /** A sandbox that begins where the snapshot was taken: nothing is evaluated. */
  async open(extension: ExtensionWire, snapshot: Snapshot): Promise<Sandbox> {
    const machine = await this.#createInstance(extension, snapshot.header.heapEnd);
    return Sandbox.fromSnapshot(machine, this.layout, extension, snapshot);
  }

  /** Gives up a sandbox. From now on, entering it fails. */
  retire(sandbox: Sandbox): void {
    this.#spare.keep(sandbox.retire(), sandbox.isSound, sandbox.heapBytes);
  }

  /** The heap takes the last bytes of the memory, exactly as many as the limit says: static data and the C stack are not charged to the guest. */
  async #createInstance({ limits }: ExtensionWire, heapEnd: number): Promise<Instance> {
    const { heapBase, staticImage } = this.layout;
    const maxBytes = toWholePages(heapBase + limits.memoryLimitBytes);
    const size = { maxBytes, initialBytes: toInitialBytes(heapEnd, maxBytes) };
    const used = this.#spare.takeMachine(size);
    used?.begin(staticImage);
    const machine = used ?? (await createInstance(this.#engine, size, this.#spare.takeMemory(size)));
    machine.heap.start = (machine.heap.end - limits.memoryLimitBytes + 15) & ~15;
    return machine;
  }
}
