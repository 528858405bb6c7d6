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

/** A call that waits for something, as the source of its sandbox sees it. */
export interface Tenant {
  /** The sandbox that it is in; undefined while it is swapped out. */
  seat: Sandbox | undefined;
  /** What it has written, while another call has its sandbox. */
  swapped: Swapped | undefined;
  /** Its link in the list of those whose sandbox may be taken. */
  readonly waits: Link<Tenant>;
}

/** Where the calls of one extension get their sandboxes, one for each isolation. */
export interface SandboxSource {
  readonly extension: ExtensionWire;
  /** Linear memory of snapshot and sandboxes, in bytes, about. */
  readonly memoryBytes: number;
  /** A sandbox for a call now, if one is at hand. */
  take(): Sandbox | undefined;
  /** A sandbox that has to be made first. */
  create(): Promise<Sandbox>;
  /** From now on the sandbox of a call may be taken for others, until `resume`. */
  wait(tenant: Tenant): void;
  /**
   * Sees to it that a call has its sandbox, or another one that is like it. @returns false if it
   * has to be made first: see `bringIn`
   */
  resume(tenant: Tenant): boolean;
  /** Puts a call that is swapped out into a sandbox that `create` has made. */
  bringIn(tenant: Tenant, sandbox: Sandbox): void;
  /** Takes back what a call has that is over. */
  leave(tenant: Tenant): void;
  /** Takes a sandbox back after a call that left it usable. */
  give(sandbox: Sandbox): void;
  /** Gives up a sandbox that no call may use again. */
  discard(sandbox: Sandbox): void;
  /** Gives up what was not used since the last time. */
  trim(): void;
  /** Forgets all; what is given back from now on is dropped. */
  close(): void;
}
