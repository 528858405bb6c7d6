import { DEFAULT_LIMITS } from '../../packages/core/dist/index.js';

/** What both sides allow a test. */
export const LIMITS = Object.freeze({
  ...DEFAULT_LIMITS,
  cpuTimeMs: 5_000,
  loadTimeMs: 5_000,
  // The tests of regular expressions over all of Unicode need more than 64 MiB, and how close a
  // heap comes to its end depends on what else is in it.
  memoryLimitBytes: 256 << 20,
  maxArgumentBytes: 8 << 20,
});

/** Static data and C stack of the engine, which the memory limit does not charge to the guest. */
export const ENGINE_BYTES = 5_600_000;

/** What a run that met `cpuTimeMs` comes to. */
export const INTERRUPTED = 'interrupted: ';

/** What an asynchronous test that never reports comes to. */
export const SILENT = 'silent: ';
