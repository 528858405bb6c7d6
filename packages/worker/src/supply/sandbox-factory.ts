import type { BudgetShare, EngineModule, ExtensionWire } from '@sandglass/core';

import type { Layout } from '../quickjs/memory/layout.js';
import { createInstance, toWholePages, type Instance } from '../quickjs/instance.js';
import { IdleSandboxes } from './idle-sandboxes.js';
import { MemoryAccount } from './memory-account.js';
import { SpareInstances, type Wanted } from './spare-instances.js';
import { bootSandbox, sandboxFromSnapshot } from '../sandbox/create-sandbox.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { bootKey } from '../sandbox/snapshot-key.js';
import { toInitialBytes, type Snapshot } from '../sandbox/snapshot.js';

/** Time after which a waiter asks the budget again. */
const PAUSE_MS = 10;

/** Garbage that is worth a collection when a thread has time. */
const WORTH_COLLECTING_BYTES = 1 << 20;

/** Makes the sandboxes of one thread, and reuses the instances of those that are given up. */
export class SandboxFactory {
  readonly layout: Layout;
  readonly account: MemoryAccount;
  readonly idle: IdleSandboxes<Sandbox> = new IdleSandboxes();
  readonly #engine: EngineModule;
  readonly #spare: SpareInstances;
  readonly #collect: () => void;
  /** The kind of sandbox that was booted last. */
  #booted: { key: string; snapshot?: Snapshot } = { key: '' };

  /**
   * @param collect collects garbage, or does nothing if it did so a moment ago. V8 frees the
   *   memories of instances in no other way.
   */
  constructor(
    engine: EngineModule,
    layout: Layout,
    account: MemoryAccount = new MemoryAccount(layout.heapBase),
    collect: () => void = () => {},
  ) {
    this.#engine = engine;
    this.layout = layout;
    this.account = account;
    this.#spare = new SpareInstances(account);
    this.#collect = collect;
  }

  /**
   * Makes a sandbox that has seen nothing of its extension yet, in 3 ms. The second of a kind is
   * kept as a snapshot for those to come; the first is not, since a cold start makes no other.
   */
  async boot(extension: ExtensionWire): Promise<Sandbox> {
    const key = bootKey(extension);
    const { snapshot, ...last } = this.#booted;
    if (last.key === key && snapshot) return this.open(extension, snapshot);
    const instance = await this.#createInstance(extension, this.layout.heapBase);
    const sandbox = bootSandbox(instance, this.layout, extension);
    this.#booted = { key };
    if (last.key === key) this.#booted = { key, snapshot: await sandbox.snapshot({ key, registrations: [] }) };
    return sandbox;
  }

  /** Makes a sandbox from a snapshot, without evaluating the extension. */
  async open(extension: ExtensionWire, snapshot: Snapshot): Promise<Sandbox> {
    const instance = await this.#createInstance(extension, snapshot.header.heapEnd);
    return sandboxFromSnapshot(instance, this.layout, extension, snapshot);
  }

  /** Whether a sandbox fits in the budget as it is. */
  fits(extension: ExtensionWire, { header }: Snapshot, share: BudgetShare): boolean {
    const bytes = this.account.chargeOf(this.#sizeOf(extension, header.heapEnd).initialBytes);
    return this.account.budget.hasSlot(share) && this.account.missingBytes(bytes, share) === 0;
  }

  /** Whether a sandbox can be opened within the budget. Frees what is idle for it. */
  hasRoom(extension: ExtensionWire, snapshot: Snapshot, share: BudgetShare): boolean {
    const size = this.#sizeOf(extension, snapshot.header.heapEnd);
    if (this.fits(extension, snapshot, share) || this.#spare.has(size)) return true;
    return this.#makeRoom(this.account.chargeOf(size.initialBytes), share) && this.account.budget.hasSlot(share);
  }

  /** Whether a sandbox could grow by so many bytes, with the memory of one that was given up. */
  canHold(bytes: number): boolean {
    return this.account.missingBytes(bytes - this.#spare.givenBytes, 'more') === 0;
  }

  /** Gives up a sandbox: entering it fails from now on. */
  retire(sandbox: Sandbox): void {
    this.#spare.keep(sandbox.retire(), sandbox.isSound);
  }

  /** Gives up a sandbox that nobody has use for. */
  free(sandbox: Sandbox): void {
    this.#spare.give(sandbox.retire());
  }

  /**
   * Frees idle sandboxes that no call has used since the last time, and instances that were given
   * up.
   */
  async trim(): Promise<void> {
    this.#spare.trim();
    if (this.#spare.givenBytes < WORTH_COLLECTING_BYTES) return;
    await pause(0); // an object that this turn has dropped is garbage from the next turn on
    this.#collect();
    this.#spare.sweep();
  }

  /**
   * The heap takes the last bytes of the memory, exactly as many as the limit says: static data and
   * the C stack are not charged to the guest.
   */
  async #createInstance(extension: ExtensionWire, heapEnd: number): Promise<Instance> {
    const size = this.#sizeOf(extension, heapEnd);
    const used = this.#spare.takeInstance(size);
    used?.begin(this.layout.staticImage);
    const instance = used ?? (await this.#newInstance(size));
    instance.heap.start = (instance.heap.end - extension.limits.memoryLimitBytes + 15) & ~15;
    return instance;
  }

  #sizeOf({ limits }: ExtensionWire, heapEnd: number): Wanted {
    const { heapEndAt, staticImage } = this.layout;
    // below it is what the engine takes when it starts
    const heapStart = staticImage[heapEndAt >> 2]!;
    const maxBytes = toWholePages(heapStart + limits.memoryLimitBytes);
    return { maxBytes, initialBytes: toInitialBytes(heapEnd, maxBytes) };
  }

  async #newInstance(size: Wanted): Promise<Instance> {
    const memory = this.#spare.takeMemory(size) ?? this.#newMemory(size);
    const before = memory.buffer.byteLength;
    const instance = await createInstance(this.#engine, size, memory).catch((error: unknown) => {
      this.account.close(before);
      throw error;
    });
    this.account.grow(instance.bytes.length - before);
    instance.hooks.mayGrow = (bytes) => this.#mayGrow(bytes, instance.bytes.length);
    return instance;
  }

  #newMemory({ initialBytes, maxBytes }: Wanted): WebAssembly.Memory {
    const limits = { initial: toWasmPages(initialBytes), maximum: toWasmPages(maxBytes) };
    let memory: WebAssembly.Memory;
    try {
      memory = new WebAssembly.Memory(limits);
    } catch {
      this.#collect(); // memories that are not collected yet may have used up the address space
      memory = new WebAssembly.Memory(limits);
    }
    this.account.open(initialBytes);
    return memory;
  }

  /**
   * Whether a sandbox may grow. One that is no larger than others may exceed the budget a little:
   * the host then ends the call that holds most.
   */
  #mayGrow(bytes: number, from: number): boolean {
    const isGranted =
      bytes <= 0 ||
      this.#makeRoom(bytes, 'more') ||
      (this.account.chargeOf(from + bytes) <= this.account.meanBytes && this.#makeRoom(bytes, 'small'));
    if (isGranted) this.account.grow(bytes);
    return isGranted;
  }

  /**
   * Collects garbage. For a first sandbox, or for growth of a small one, idle sandboxes are given
   * up as well.
   */
  #makeRoom(bytes: number, share: BudgetShare): boolean {
    const missing = (): number => this.account.missingBytes(bytes, share);
    if (share !== 'more') while (missing() > this.#spare.bytes && this.idle.dropOldest());
    if (missing() === 0 || missing() > this.#spare.bytes) return missing() === 0;
    this.#spare.giveUp();
    this.#collect();
    this.#spare.sweep();
    return missing() === 0;
  }
}

/** Waits before the budget is asked again. */
export function pause(durationMs: number = PAUSE_MS): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function toWasmPages(bytes: number): number {
  return bytes / 65_536;
}
