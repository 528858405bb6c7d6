import type { Worker } from 'node:worker_threads';

import type { EngineModule, MemoryBudget } from '@sandglass/core';

import type { StartLane } from './lane-link.js';
import { Piscina } from './piscina.js';
import { SlotAllocator } from './slot-allocator.js';
import { ThreadLink, type Threads } from './thread-link.js';

export interface WorkerLanesOptions {
  /** The thread file: URL or path. */
  filename: string;
  /** The engine, compiled once and shared with all threads. */
  wasm: EngineModule;
  /** Lanes at a time. */
  maxLanes: number;
  /** Memory that all sandboxes may take. @default without a limit */
  maxMemoryBytes?: number | undefined;
}

/**
 * All the worker lanes of a pool: one piscina pool, which starts, watches and ends their threads.
 */
export interface WorkerLanes {
  start: StartLane;
  /** See `ThreadTask.unread`. All 0 while nothing goes on. */
  readonly unread: Int32Array;
  readonly memory: MemoryBudget;
  /** Ends all threads and waits for them. */
  close(): Promise<void>;
}

/** Guest recursion of 256 KiB on the C stack needs about this much of V8's. */
const STACK_SIZE_MB = 16;
/**
 * V8's heap of a thread: what crosses and the engine's own objects. Guests live in WASM memory,
 * which does not count.
 */
const MAX_HEAP_MB = 512;
/**
 * V8's young generation of a thread, three times its semi-space. It begins so large and would be
 * doubled after some millions of calls, twice, for no gain in throughput: 16 MB of resident memory
 * each time, on two threads.
 */
const MAX_YOUNG_MB = 12;

/**
 * Piscina tries `require` on the thread file before `import`. With this flag that fails cleanly: on
 * Node 20, a `require` of an ES module that does not link (a broken installation) aborts the whole
 * process.
 */
const NO_REQUIRE_MODULE = '--no-experimental-require-module';
const EXEC_ARGV: string[] = process.allowedNodeEnvironmentFlags.has(NO_REQUIRE_MODULE) ? [NO_REQUIRE_MODULE] : [];

/** Starts the piscina pool that worker lanes share; its threads start with the lanes. */
export function createWorkerLanes(options: WorkerLanesOptions): WorkerLanes {
  /** Attach tasks that wait for their thread to come up, by piscina's id. */
  const attaching = new Map<number, ThreadLink>();
  let target: ThreadLink | undefined;
  // lanes are counted by the pool; a thread that is being ended still counts here
  const maxThreads = 4 * options.maxLanes + 4;
  const piscina = new Piscina({
    filename: options.filename,
    minThreads: 0,
    maxThreads,
    idleTimeout: Infinity, // retiring is the pool's
    atomics: 'disabled', // threads sleep by themselves: see the thread file
    recordTiming: false,
    env: {},
    execArgv: EXEC_ARGV,
    resourceLimits: {
      stackSizeMb: STACK_SIZE_MB,
      maxOldGenerationSizeMb: MAX_HEAP_MB,
      maxYoungGenerationSizeMb: MAX_YOUNG_MB,
    },
    loadBalancer: ({ taskId }, workers) => {
      if (target) attaching.set(taskId, target);
      const threadId = attaching.get(taskId)?.threadId;
      return workers.find(({ id }) => id === threadId) ?? null;
    },
  });
  piscina.on('error', () => {}); // every thread's own events are listened to
  const claimed = new WeakSet<Worker>();
  const threads: Threads = {
    slotAllocator: new SlotAllocator(maxThreads, options.maxMemoryBytes),
    run: (lane, task, extra) => {
      target = lane; // the balancer is asked before `run` returns
      try {
        const attached = piscina.run(task, extra);
        const worker = piscina.threads.find((thread) => !claimed.has(thread));
        if (worker) claimed.add(worker);
        return { attached, worker };
      } finally {
        target = undefined;
      }
    },
    release: (lane) => {
      for (const [taskId, other] of attaching) if (other === lane) attaching.delete(taskId);
    },
  };
  return {
    start: (events) => new ThreadLink(events, options.wasm, threads),
    unread: threads.slotAllocator.unread,
    memory: threads.slotAllocator.memory,
    close: () => piscina.destroy(),
  };
}
