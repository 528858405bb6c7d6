import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Worker } from 'node:worker_threads';

import { SLOT } from '@sandglass/core';
import type {
  CallWire,
  EngineModule,
  ExtensionWire,
  HostMessage,
  InstallWire,
  SettlementWire,
  SnapshotWire,
  ThreadReply,
  ThreadTask,
} from '@sandglass/core';
import { Piscina } from 'piscina';

import type { Lane, LaneEvents, StartLane } from './lane.js';
import { readOutcomes, toPackedCalls } from './packing.js';

export interface WorkerLanesOptions {
  /** The thread file: URL or path. */
  filename: string;
  /** The engine, compiled once and shared with all threads. */
  wasm: EngineModule;
  /** Lanes at a time. */
  maxLanes: number;
  /**
   * How threads wait for tasks. With `'async'` and `'disabled'`, CPU time for each call is the same within 12 %, at 64 in
   * flight and at one, on a machine that was busy otherwise. @default 'sync'
   */
  atomics?: 'sync' | 'async' | 'disabled';
}

/** All the worker lanes of a pool: one piscina pool, whose load balancer sends each task where the dispatcher wants it. */
export interface WorkerLanes {
  start: StartLane;
  /** Ends all threads and waits for them. */
  close(): Promise<void>;
}

/** How long a thread may take to come up: loading its modules on a machine that is busy. */
const START_TIMEOUT_MS = 30_000;
/** Guest recursion of 256 KiB on the C stack needs about this much of V8's (DESIGN, fact 5). */
const STACK_SIZE_MB = 16;
/** V8's heap of a thread: what crosses and the engine's own objects. Guests live in WASM memory, which does not count. */
const MAX_HEAP_MB = 512;

/**
 * Piscina tries `require` on the thread file before `import`. With this flag that fails cleanly: on Node 20, a `require` of
 * an ES module that does not link (a broken installation) aborts the whole process.
 */
const NO_REQUIRE_MODULE = '--no-experimental-require-module';
const EXEC_ARGV: string[] = process.allowedNodeEnvironmentFlags.has(NO_REQUIRE_MODULE) ? [NO_REQUIRE_MODULE] : [];

/** Messages that are read ahead at once: far more than what one batch posts, far less than a flood. */
const MAX_DRAINED_MESSAGES = 2_000;

type PiscinaTask = Parameters<NonNullable<NonNullable<ConstructorParameters<typeof Piscina>[0]>['loadBalancer']>>[0];

/** Starts the piscina pool that worker lanes share; its threads start with the lanes. */
export function createWorkerLanes(options: WorkerLanesOptions): WorkerLanes {
  const attaching = new Map<number, WorkerLane>();
  const starting = new Set<WorkerLane>();
  let target: WorkerLane | undefined;
  const laneOf = (task: PiscinaTask): WorkerLane | undefined => {
    if (target && task.isAbortable) attaching.set(task.taskId, target);
    return target ?? attaching.get(task.taskId);
  };
  const piscina = new Piscina({
    filename: options.filename,
    minThreads: 0,
    maxThreads: 4 * options.maxLanes + 4, // lanes are counted by the pool; a thread that is being ended still counts here
    idleTimeout: Infinity, // retiring is the pool's
    concurrentTasksPerWorker: 1_000_000, // how much a lane takes is the dispatcher's
    atomics: options.atomics ?? 'sync',
    recordTiming: false,
    env: {},
    execArgv: EXEC_ARGV,
    resourceLimits: { stackSizeMb: STACK_SIZE_MB, maxOldGenerationSizeMb: MAX_HEAP_MB },
    loadBalancer: (task, workers) => {
      const threadId = laneOf(task)?.threadId;
      return workers.find(({ id }) => id === threadId) ?? null;
    },
  });
  piscina.on('error', () => {}); // every thread's own events are listened to
  piscina.on('workerCreate', ({ id }: { id: number }) => {
    for (const lane of starting) lane.threadIsUp(id);
  });
  /** Runs a task on a lane's thread: the balancer is asked before `run` returns. */
  const run = (
    lane: WorkerLane,
    task: ThreadTask,
    extra?: { transferList: MessagePort[]; signal: AbortSignal },
  ): Promise<unknown> => {
    target = lane;
    try {
      return piscina.run(task, extra);
    } finally {
      target = undefined;
    }
  };
  const claimed = new WeakSet<Worker>();
  const claim = (): Worker | undefined => {
    const worker = piscina.threads.find((thread) => !claimed.has(thread));
    if (worker) claimed.add(worker);
    return worker;
  };
  return {
    start: (events) => {
      const lane = new WorkerLane(events, run);
      starting.add(lane);
      lane.attach(options.wasm, claim, () => {
        starting.delete(lane);
        for (const [taskId, other] of attaching) if (other === lane) attaching.delete(taskId);
      });
      return lane;
    },
    close: () => piscina.destroy(),
  };
}

type Run = (
  lane: WorkerLane,
  task: ThreadTask,
  extra?: { transferList: MessagePort[]; signal: AbortSignal },
) => Promise<unknown>;

/** A lane in a thread of its own. */
class WorkerLane implements Lane {
  readonly slots: Int32Array = new Int32Array(new SharedArrayBuffer(SLOT.length * Int32Array.BYTES_PER_ELEMENT));
  readonly #events: LaneEvents;
  readonly #run: Run;
  readonly #port: MessagePort;
  readonly #remotePort: MessagePort;
  /** Aborting takes the attach task out of piscina's queue, or ends the thread it is on. */
  readonly #attachment: AbortController = new AbortController();
  #worker: Worker | undefined;
  #startTimer: NodeJS.Timeout | undefined;
  #isOver = false;
  #failure: Error | undefined;
  #release: () => void = () => {};
  /** Piscina gives tasks only to threads that have reported; attached and reported come in any order. */
  #waitsFor = 2;
  threadId: number | undefined;

  constructor(events: LaneEvents, run: Run) {
    this.#events = events;
    this.#run = run;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#remotePort = port2;
    port1.on('message', (message: unknown) => this.#receive(message));
    port1.unref(); // piscina keeps the process alive while a task runs
  }

  /**
   * Starts the thread. The task carries a signal so that piscina keeps it aside instead of blocking its queue with it.
   *
   * @param claim finds the thread that piscina has just started.
   * @param release is told when the lane has started, or never will.
   */
  attach(wasm: EngineModule, claim: () => Worker | undefined, release: () => void): void {
    this.#release = release;
    const task: ThreadTask = {
      type: 'attach',
      port: this.#remotePort as never, // Node's and the web's MessagePort are the same thing with two types
      slots: this.slots.buffer as SharedArrayBuffer,
      wasm,
    };
    const attached = this.#run(this, task, { transferList: [this.#remotePort], signal: this.#attachment.signal });
    const worker = claim();
    this.#worker = worker;
    this.threadId = worker?.threadId;
    worker?.once('error', (error: Error) => this.#fail(error));
    worker?.once('exit', (code) => this.#fail(new Error(`the thread exited with code ${code}`)));
    this.#startTimer = setTimeout(
      () => this.#fail(new Error(`the thread did not start within ${START_TIMEOUT_MS} ms`)),
      START_TIMEOUT_MS,
    ).unref();
    attached.then(
      () => this.#step(),
      (error: Error) => this.#fail(error),
    );
    if (!worker) this.#fail(new Error('no thread is free'));
  }

  threadIsUp(threadId: number): void {
    if (threadId === this.threadId) this.#step();
  }

  batch(install: InstallWire[], calls: CallWire[], done: (outcomes: unknown) => void): void {
    const packed = toPackedCalls(calls);
    const task: ThreadTask =
      install.length > 0 ? { type: 'batch', install, calls: packed } : { type: 'batch', calls: packed };
    this.#task(task, (reply) =>
      done(readOutcomes((reply as Partial<ThreadReply['batch']> | null | undefined)?.outcomes)),
    );
  }

  load(extension: ExtensionWire, snapshot: SnapshotWire | undefined, done: (reply: unknown) => void): void {
    this.#task(snapshot ? { type: 'load', extension, snapshot } : { type: 'load', extension }, done);
  }

  settle(settlements: SettlementWire[]): void {
    this.#post({ type: 'settle', settlements });
  }

  abort(callIds: number[]): void {
    this.#post({ type: 'abort', callIds });
  }

  forget(extensionId: number): void {
    this.#post({ type: 'forget', extensionId });
  }

  requestStats(): void {
    this.#post({ type: 'stats', requestId: 0 });
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#receiveAll();
    this.#end();
  }

  #task(task: ThreadTask, done: (reply: unknown) => void): void {
    this.#run(this, task).then(
      (reply) => {
        if (this.#isOver) return;
        this.#receiveAll(); // what it posted before it replied comes first
        done(reply); // oxlint-disable-line promise/no-callback-in-promise -- piscina speaks promises, lanes callbacks
      },
      (error: Error) => this.#fail(error),
    );
  }

  #post(message: HostMessage): void {
    if (!this.#isOver) this.#port.postMessage(message); // oxlint-disable-line unicorn/require-post-message-target-origin -- a MessagePort
  }

  #receiveAll(): void {
    for (let left = MAX_DRAINED_MESSAGES; left > 0; left--) {
      const entry = receiveMessageOnPort(this.#port);
      if (!entry) return;
      this.#receive(entry.message);
    }
  }

  #receive(message: unknown): void {
    if (this.#isOver) return;
    if (typeof message !== 'object' || message === null) return this.#events.violation();
    const { type, outcomes, calls, stats } = message as Record<string, unknown>; // an object: any key may be read
    if (type === 'outcomes') this.#events.outcomes(readOutcomes(outcomes));
    else if (type === 'capabilities') this.#events.capabilities(calls);
    else if (type === 'stats') this.#events.stats(stats);
    else this.#events.violation();
  }

  #step(): void {
    this.#waitsFor -= 1;
    if (this.#waitsFor > 0 || this.#isOver) return;
    clearTimeout(this.#startTimer);
    this.#release();
    this.#events.ready();
  }

  /** The thread is gone or useless. Tells once, after what it had still said. */
  #fail(error: Error): void {
    if (this.#isOver || this.#failure) return;
    this.#failure = error;
    this.#receiveAll();
    this.#end();
    queueMicrotask(() => this.#events.lost(error)); // not from within `start`
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#startTimer);
    this.#release();
    this.#port.close();
    this.#attachment.abort();
    void this.#worker?.terminate();
  }
}
