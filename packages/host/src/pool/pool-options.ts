/** The threads that calls run in, and what they may take. */
export interface PoolOptions {
  /**
   * Runs guests on the calling thread, within the same limits: `maxThreads` and `minThreads` mean
   * nothing then, and no watchdog ends a thread that a fault of the engine itself keeps.
   *
   * @default false
   */
  inline?: boolean | undefined;
  /**
   * Threads at the most; 0 leaves all to the runners of the host's fleet.
   *
   * @default the machine's parallelism
   */
  maxThreads?: number | undefined;
  /** Threads that are kept when idle. @default 0 */
  minThreads?: number | undefined;
  /** Calls that may wait in the whole host; one more gets `E_QUEUE_FULL`. @default 10_000 */
  maxQueueLength?: number | undefined;
  /** The same for one extension. @default half of `maxQueueLength` */
  maxExtensionQueueLength?: number | undefined;
  /**
   * Memory of all sandboxes, snapshots and spare instances together. Beyond it, calls wait, and
   * what grows further ends with `E_MEMORY`. 16 MiB to 1 TiB. @default half of what the process may
   * use when the host is made, 64 MiB at the least
   */
  maxMemoryBytes?: number | undefined;
  /**
   * How long an idle thread above `minThreads` lives, and memory that calls do not use any more.
   * @default 30_000
   */
  idleTimeoutMs?: number | undefined;
}
