import { LinkedList, type BudgetShare, type ExtensionWire } from '@sandglass/core';

import { IdleSandboxes } from './idle-sandboxes.js';
import { pause, type SandboxFactory } from './sandbox-factory.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { PoolCounters, SandboxSource, Tenant } from './sandbox-source.js';
import type { Snapshot } from '../sandbox/snapshot.js';

/**
 * Sandboxes that one extension gets in a thread for suspended calls. Further calls swap one another
 * out, which takes 10 to 20 µs for each wait (one-off). A sandbox takes 350 KiB.
 * With 64 requests in flight, 32 sandboxes take 9 % more CPU time a request than 64 (one-off).
 */
const MAX_SANDBOXES = 64;

/**
 * A sandbox that grew by more than this is dropped: clearing 8 MiB takes about as long as making a
 * new one.
 */
const GROWN_BYTES = 8 << 20;

/** Weight of the newest call in the running mean, if it holds less than the mean. */
const HELD_WEIGHT = 0.1;

/** Growth that is not worth making another sandbox for. */
const GROWN_LITTLE_BYTES = 1 << 20;

/** The pristine sandboxes of one extension: each is restored after its call and used again. */
export class PristineSandboxes implements SandboxSource {
  readonly extension: ExtensionWire;
  readonly #factory: SandboxFactory;
  readonly #counters: PoolCounters;
  readonly #free: Sandbox[] = [];
  /**
   * Calls that wait for a sandbox, oldest first. Each gets one that is made for it, or one that
   * another call gives back before.
   */
  readonly #waiters: { resolve: (sandbox: Sandbox) => void; reject: (error: unknown) => void }[] = [];
  /** Calls whose sandbox may be taken, the one that has waited longest first. */
  readonly #tenants: LinkedList<Tenant> = new LinkedList();
  #isMaking = false;
  /**
   * Since the last `trim`: the fewest that were free, and the most that a call's heap has grown.
   */
  #unused = 0;
  #grownBytes = 0;
  /** Memory that a call is expected to add to what every sandbox begins with. */
  #heldBytes = 0;
  readonly #snapshot: Snapshot;
  #sandboxes = 0;
  #closed = false;

  constructor(factory: SandboxFactory, extension: ExtensionWire, snapshot: Snapshot, counters: PoolCounters) {
    this.#factory = factory;
    this.extension = extension;
    this.#snapshot = snapshot;
    this.#counters = counters;
  }

  get memoryBytes(): number {
    return this.#snapshot.wire.bytes.byteLength * (1 + this.#sandboxes);
  }

  take(): Sandbox | undefined {
    return this.#isShort(this.#free[this.#free.length - 1]) ? undefined : this.#takeAny();
  }

  wait(tenant: Tenant): void {
    this.#tenants.append((tenant.waits ??= LinkedList.link(tenant)));
    if (this.#waiters.length === 0 || this.#isShort()) return;
    const sandbox = this.#swapOut();
    if (sandbox) this.#keep(sandbox);
  }

  resume(tenant: Tenant): boolean {
    if (tenant.waits) this.#tenants.remove(tenant.waits);
    if (tenant.seat) return true;
    const sandbox = this.#takeAny();
    if (sandbox) this.bringIn(tenant, sandbox);
    return sandbox !== undefined;
  }

  bringIn(tenant: Tenant, sandbox: Sandbox): void {
    if (tenant.swapped) sandbox.swapIn(tenant.swapped);
    this.#forget(tenant);
    tenant.seat = sandbox;
  }

  leave(tenant: Tenant): void {
    if (tenant.waits) this.#tenants.remove(tenant.waits);
    this.#forget(tenant);
    if (tenant.seat) this.give(tenant.seat);
    tenant.seat = undefined;
  }

  create(): Promise<Sandbox> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      void this.#make();
    });
  }

  /** Takes the sandbox in which the extension was loaded. */
  adopt(sandbox: Sandbox): void {
    this.#count(1);
    this.give(sandbox);
  }

  /** Restores a sandbox for the next call. */
  give(sandbox: Sandbox): void {
    const grownBytes = this.#learn(sandbox);
    if (grownBytes > GROWN_BYTES) return this.discard(sandbox);
    if (this.#closed || this.#sandboxes > MAX_SANDBOXES) return this.#retire(sandbox);
    if (!sandbox.restore(this.#snapshot)) return this.discard(sandbox);
    this.#counters.restores++;
    this.#keep(sandbox);
  }

  /** Gives a sandbox up and makes another, so that the next call finds one. */
  discard(sandbox: Sandbox): void {
    if (!sandbox.isRetired) this.#learn(sandbox);
    this.#retire(sandbox);
    this.#counters.replacements++;
    if (!this.#closed && this.#free.length === 0) void this.#make();
  }

  /**
   * Frees the sandboxes that no call has used since the last time. One is kept for the next call,
   * unless it has grown beyond what calls use.
   */
  trim(): void {
    const { heapEnd } = this.#snapshot.header;
    const usedBytes = heapEnd + 2 * this.#grownBytes + GROWN_LITTLE_BYTES;
    const unused = Math.min(this.#unused, this.#free.length - 1);
    for (const [index, sandbox] of [...this.#free].entries()) {
      if (index >= unused && sandbox.memoryBytes <= usedBytes) continue;
      if (sandbox.idleLink) this.#factory.idle.delete(sandbox.idleLink);
      this.#free.splice(this.#free.indexOf(sandbox), 1);
      this.#factory.free(sandbox);
      this.#count(-1);
    }
    this.#unused = this.#free.length;
    this.#grownBytes = 0;
  }

  close(): void {
    this.#closed = true;
    for (let sandbox = this.#takeFree(); sandbox; sandbox = this.#takeFree()) this.#retire(sandbox);
  }

  /** Gives up a free sandbox: others have more use for its memory. */
  drop(sandbox: Sandbox): void {
    this.#free.splice(this.#free.indexOf(sandbox), 1);
    this.#retire(sandbox);
  }

  /**
   * Whether the memory that calls of this extension usually hold would be missing for one more of
   * them.
   */
  #isShort(sandbox?: Sandbox): boolean {
    if (this.#heldBytes <= GROWN_LITTLE_BYTES || this.#sandboxes === this.#free.length) return false;
    const ownBytes = sandbox ? sandbox.memoryBytes - this.#snapshot.header.heapEnd : 0;
    return !this.#factory.canHold(this.#heldBytes - ownBytes);
  }

  /**
   * Learns how much memory a call has added, or was refused, beyond what every sandbox begins with.
   * @returns the bytes that it has added
   */
  #learn(sandbox: Sandbox): number {
    const { heapStart, heapEnd } = this.#snapshot.header;
    const grownBytes = sandbox.heapBytes - (heapEnd - heapStart);
    if (grownBytes > this.#grownBytes) this.#grownBytes = grownBytes;
    const heldBytes = sandbox.isShort ? sandbox.refusedBytes : grownBytes;
    if (heldBytes > this.#heldBytes) this.#heldBytes = heldBytes;
    else if (this.#heldBytes > GROWN_LITTLE_BYTES) this.#heldBytes += (heldBytes - this.#heldBytes) * HELD_WEIGHT;
    return grownBytes;
  }

  #takeAny(): Sandbox | undefined {
    return this.#takeFree() ?? this.#swapOut();
  }

  #forget(tenant: Tenant): void {
    if (tenant.swapped) this.#factory.account.swapIn(tenant.swapped.bytes.length);
    tenant.swapped = undefined;
  }

  #takeFree(): Sandbox | undefined {
    const sandbox = this.#free.pop();
    if (sandbox?.idleLink) this.#factory.idle.delete(sandbox.idleLink);
    if (this.#free.length < this.#unused) this.#unused = this.#free.length;
    return sandbox;
  }

  /** The sandbox of the call that has waited longest, of those that have not written much. */
  #swapOut(): Sandbox | undefined {
    for (let tenant = this.#tenants.shift(); tenant; tenant = this.#tenants.shift()) {
      const sandbox = tenant.seat;
      const swapped = sandbox?.swapOut(this.#snapshot);
      // keeps its sandbox until it waits again
      if (!sandbox || !swapped || !this.#factory.account.swapOut(swapped.bytes.length)) continue;
      tenant.swapped = swapped;
      tenant.seat = undefined;
      if (this.#sandboxes < MAX_SANDBOXES) void this.#make();
      if (sandbox.restore(this.#snapshot)) return sandbox;
      this.discard(sandbox);
    }
    return undefined;
  }

  /**
   * Makes a sandbox, and further ones while calls wait. After each it pauses for as long as that
   * one took: a call may give its sandbox back meanwhile.
   */
  async #make(): Promise<void> {
    if (this.#isMaking) return;
    this.#isMaking = true;
    while (this.#waiters.length > 0 && !this.#isClosedOrRoomy) await pause();
    const startedMs = performance.now();
    const free = this.#waiters.length > 0 ? this.#takeFree() : undefined;
    if (free) this.#keep(free);
    else if (this.#waiters.length > 0 || this.#factory.fits(this.extension, this.#snapshot, this.#share))
      await this.#makeOne();
    const pauseMs = this.#waiters.length > 0 ? performance.now() - startedMs : 0;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    this.#isMaking = false;
    if (this.#waiters.length > 0) void this.#make();
  }

  /** Whether a waiter can go on: there is room, or the extension has been unloaded. */
  get #isClosedOrRoomy(): boolean {
    if (this.#closed) return true;
    if (this.#isShort(this.#free.at(-1))) return false;
    return this.#free.length > 0 || this.#factory.hasRoom(this.extension, this.#snapshot, this.#share);
  }

  get #share(): BudgetShare {
    return this.#sandboxes === 0 ? 'first' : 'more';
  }

  async #makeOne(): Promise<void> {
    try {
      const sandbox = await this.#factory.open(this.extension, this.#snapshot);
      this.#count(1);
      if (this.#closed && this.#waiters.length === 0) this.#retire(sandbox);
      else this.#keep(sandbox);
    } catch (error) {
      this.#waiters.shift()?.reject(error);
    }
  }

  #keep(sandbox: Sandbox): void {
    const waiter = this.#isShort(sandbox) ? undefined : this.#waiters.shift();
    if (waiter) return waiter.resolve(sandbox);
    this.#free.push(sandbox);
    this.#factory.idle.add((sandbox.idleLink ??= IdleSandboxes.link(sandbox, this)));
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
