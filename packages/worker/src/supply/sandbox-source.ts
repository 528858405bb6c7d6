import type { ExtensionWire, Link } from '@sandglass/core';

import type { Sandbox } from '../sandbox/sandbox.js';
import type { Swapped } from '../sandbox/swap.js';

/** Counters that all sources of an engine share. */
export interface PoolCounters {
  sandboxes: number;
  restores: number;
  replacements: number;
  failures: number;
}

/** A suspended call, as the source of its sandbox sees it. */
export interface Tenant {
  /** The sandbox that it is in; undefined while it is swapped out. */
  seat: Sandbox | undefined;
  /** What it has written, while another call has its sandbox. */
  swapped: Swapped | undefined;
  /** Its link in the list of those whose sandbox may be taken, from its first wait on. */
  waits: Link<Tenant> | undefined;
}

/** Where the calls of one extension get their sandboxes, one for each isolation. */
export interface SandboxSource {
  readonly extension: ExtensionWire;
  /** Linear memory of snapshot and sandboxes, in bytes, about. */
  readonly memoryBytes: number;
  /** Takes a free sandbox; undefined if there is none. */
  take(): Sandbox | undefined;
  /** Makes a sandbox, or waits until another call gives one back. */
  create(): Promise<Sandbox>;
  /** From now on the sandbox of a call may be taken for others, until `resume`. */
  wait(tenant: Tenant): void;
  /**
   * Gives a suspended call its sandbox back, or another one of the extension.
   *
   * @returns false if one has to be made first: see `bringIn`
   */
  resume(tenant: Tenant): boolean;
  /** Puts a call that is swapped out into a sandbox that `create` has made. */
  bringIn(tenant: Tenant, sandbox: Sandbox): void;
  /** Takes back the sandbox or the swapped bytes of a call that is over. */
  leave(tenant: Tenant): void;
  /** Takes a sandbox back after a call that left it usable. */
  give(sandbox: Sandbox): void;
  /** Gives up a sandbox that no call may use again. */
  discard(sandbox: Sandbox): void;
  /** Gives up sandboxes that no call has used since the last time. */
  trim(): void;
  /** Gives up all sandboxes, and those that calls give back from now on. */
  close(): void;
}
