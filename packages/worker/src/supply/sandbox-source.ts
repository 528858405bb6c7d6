import type { ExtensionWire } from '@sandglass/core';

import type { Sandbox } from '../sandbox/sandbox.js';

/** Counters that all sources of an engine share. */
export interface PoolCounters {
  sandboxes: number;
  restores: number;
  replacements: number;
}

/** Where the calls of one extension get their sandboxes, one for each isolation. */
export interface SandboxSource {
  readonly extension: ExtensionWire;
  /** Linear memory of snapshot and sandboxes, in bytes, about. */
  readonly memoryBytes: number;
  /** Reads what the next call needs of this and its sandbox, so that it is in the processor's caches. @returns what it comes to */
  prefetch(): number;
  /** A sandbox for a call now, if one is at hand. */
  take(): Sandbox | undefined;
  /** A sandbox that has to be made first. */
  create(): Promise<Sandbox>;
  /** Takes a sandbox back after a call that left it usable. */
  give(sandbox: Sandbox): void;
  /** Gives up a sandbox that no call may use again. */
  discard(sandbox: Sandbox): void;
  /** Forgets all; what is given back from now on is dropped. */
  close(): void;
}
