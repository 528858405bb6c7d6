import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Worker } from 'node:worker_threads';

import { IdMap, SLOT } from '@sandglass/core';
import type {
  EngineModule,
  ExtensionWire,
  HostMessage,
  SettlementWire,
  SnapshotWire,
  ThreadTask,
} from '@sandglass/core';
import { Piscina } from 'piscina';

import type { CallBatch, LaneLink, LaneEvents, StartLane } from './lane-link.js';
import { readOutcomes, toPackedCalls } from './packing.js';
import { EventLoopSpin } from './event-loop-spin.js';

export interface WorkerLanesOptions {
  /** The thread file: URL or path. */
  filename: string;
  /** The engine, compiled once and shared with all threads. */
  wasm: EngineModule;
  /** Lanes at a time. */
  maxLanes: number;
}

/** All the worker lanes of a pool: one piscina pool, which starts, watches and ends their threads. */
export interface WorkerLanes {
  start: StartLane;
  /** See `ThreadTask.waiting`. All 0 while nothing goes on. */
  readonly waiting: Int32Array;
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
 * V8's young generation of a thread, three times its semi-space. It begins so large and would be doubled after some millions of calls, twice, for no
 * gain in throughput: 16 MB of resident memory each time, on two threads.
 */
const MAX_YOUNG_MB = 12;

/**
 * Piscina tries `require` on the thread file before `import`. With this flag that fails cleanly: on Node 20, a `require` of
 * an ES module that does not link (a broken installation) aborts the whole process.
 */
const NO_REQUIRE_MODULE = '--no-experimental-require-module';
const EXEC_ARGV: string[] = process.allowedNodeEnvironmentFlags.has(NO_REQUIRE_MODULE) ? [NO_REQUIRE_MODULE] : [];

/** Messages that are read ahead at once: far more than what one batch posts, far less than a flood. */
const MAX_DRAINED_MESSAGES = 2_000;

/** Starts the piscina pool that worker lanes share; its threads start with the lanes. */
export function createWorkerLanes(options: WorkerLanesOptions): WorkerLanes {
  /** Attach tasks that wait for their thread to come up, by piscina's id. */
  const attaching = new Map<number, ThreadLink>();
  let target: ThreadLink | undefined;
  const maxThreads = 4 * options.maxLanes + 4; // lanes are counted by the pool; a thread that is being ended still counts here
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
  /** The balancer is asked before `run` returns. */
  const run: Run = (lane, task, extra) => {
    target = lane;
    try {
      return piscina.run(task, extra);
    } finally {
      target = undefined;
    }
  };
  const slotAllocator = new SlotAllocator(maxThreads);
  const claimed = new WeakSet<Worker>();
  const claim = (): Worker | undefined => {
    const worker = piscina.threads.find((thread) => !claimed.has(thread));
    if (worker) claimed.add(worker);
    return worker;
  };
  return {
    start: (events) => {
      const lane = new ThreadLink(events, slotAllocator);
      lane.attach(options.wasm, run, claim, () => {
        for (const [taskId, other] of attaching) if (other === lane) attaching.delete(taskId);
      });
      return lane;
    },
    waiting: slotAllocator.waiting,
    close: () => piscina.destroy(),
  };
}

type Run = (
  lane: ThreadLink,
  task: ThreadTask,
  extra: { transferList: MessagePort[]; signal: AbortSignal },
) => Promise<unknown>;

/** SlotAllocator of threads in `ThreadTask.waiting`: one each, and one more for all that find none, behind threads that do not end. */
class SlotAllocator {
  readonly waiting: Int32Array<SharedArrayBuffer>;
  readonly #taken: boolean[];

  constructor(count: number) {
    this.waiting = new Int32Array(new SharedArrayBuffer((count + 1) * Int32Array.BYTES_PER_ELEMENT));
    this.#taken = Array.from({ length: count }, () => false);
  }

  take(): number {
    const place = this.#taken.indexOf(false);
    if (place === -1) return this.#taken.length;
    this.#taken[place] = true;
    return place;
  }

  /** Call it when the thread is gone. */
  free(place: number): void {
    if (place < this.#taken.length) this.#taken[place] = false;
    Atomics.store(this.waiting, place, 0);
  }
}

/** A lane in a thread of its own. */
class ThreadLink implements LaneLink {
  readonly slots: Int32Array<SharedArrayBuffer> = new Int32Array(
    new SharedArrayBuffer(SLOT.length * Int32Array.BYTES_PER_ELEMENT),
  );
  readonly #events: LaneEvents;
  readonly #port: MessagePort;
  readonly #remotePort: MessagePort;
  /** Aborting takes the attach task out of piscina's queue, or ends the thread it is on. */
  readonly #attachment: AbortController = new AbortController();
  readonly #batches: IdMap<(outcomes: unknown) => void> = new IdMap();
  readonly #loads: IdMap<(reply: unknown) => void> = new IdMap();
  readonly #spin: EventLoopSpin = new EventLoopSpin();
  #lastBatchId = 0;
  #worker: Worker | undefined;
  #startTimer: NodeJS.Timeout | undefined;
  #isOver = false;
  #failure: Error | undefined;
  #release: () => void = () => {};
  readonly #slotAllocator: SlotAllocator;
  readonly #place: number;
  threadId: number | undefined;

  constructor(events: LaneEvents, slotAllocator: SlotAllocator) {
    this.#events = events;
    this.#slotAllocator = slotAllocator;
    this.#place = slotAllocator.take();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#remotePort = port2;
    port1.on('message', (message: unknown) => this.#receive(message));
    port1.unref(); // keeps the process alive only while something is awaited
  }

  /**
   * Starts the thread. The task carries a signal so that piscina keeps it aside instead of blocking its queue with it.
   *
   * @param claim finds the thread that piscina has just started.
   * @param release is told when the lane has started, or never will.
   */
  attach(wasm: EngineModule, run: Run, claim: () => Worker | undefined, release: () => void): void {
    this.#release = release;
    const task: ThreadTask = {
      port: this.#remotePort as never, // Node's and the web's MessagePort are the same thing with two types
      slots: this.slots.buffer,
      waiting: this.#slotAllocator.waiting.buffer,
      lane: this.#place,
      wasm,
    };
    const attached = run(this, task, { transferList: [this.#remotePort], signal: this.#attachment.signal });
    const worker = claim();
    this.#worker = worker;
    this.threadId = worker?.threadId;
    worker?.once('error', (error: Error) => this.#fail(error));
    worker?.once('exit', (code) => {
      this.#slotAllocator.free(this.#place);
      this.#fail(new Error(`the thread exited with code ${code}`));
    });
    this.#startTimer = setTimeout(
      () => this.#fail(new Error(`the thread did not start within ${START_TIMEOUT_MS} ms`)),
      START_TIMEOUT_MS,
    ).unref();
    attached.then(
      () => this.#ready(),
      (error: Error) => this.#fail(error),
    );
    if (worker) return;
    this.#slotAllocator.free(this.#place);
    this.#fail(new Error('no thread is free'));
  }

  batch({ install, calls, idleCores }: CallBatch, done: (outcomes: unknown) => void): void {
    const batchId = (this.#lastBatchId += 1);
    this.#await(this.#batches, batchId, done);
    const message: HostMessage = { type: 'batch', batchId, calls: toPackedCalls(calls) };
    if (install.length > 0) message.install = install;
    if (idleCores >= 0) message.staysAwake = true; // the host takes its core when it needs one: threads have a lower priority
    this.#post(message);
    if (idleCores > 0) this.#spin.begin();
  }

  load(extension: ExtensionWire, snapshot: SnapshotWire | undefined, done: (reply: unknown) => void): void {
    this.#await(this.#loads, extension.id, done);
    this.#post({ type: 'load', extension, ...(snapshot && { snapshot }) });
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

  #await(waiting: IdMap<(reply: unknown) => void>, id: number, done: (reply: unknown) => void): void {
    if (this.#batches.size + this.#loads.size === 0) this.#port.ref();
    waiting.set(id, done);
  }

  /** A reply that nobody awaits is a violation. */
  #reply(waiting: IdMap<(reply: unknown) => void>, id: unknown, reply: unknown): void {
    const done = waiting.get(id as number); // any key may be asked for
    if (!done) return this.#events.violation();
    waiting.delete(id as number);
    this.#spin.end();
    if (this.#batches.size + this.#loads.size === 0) this.#port.unref();
    done(reply);
  }

  #post(message: HostMessage): void {
    if (this.#isOver) return;
    this.#port.postMessage(message); // oxlint-disable-line unicorn/require-post-message-target-origin -- a MessagePort
    Atomics.add(this.slots, SLOT.posted, 1);
    const woken = Atomics.notify(this.slots, SLOT.posted);
    if (woken > 0) Atomics.add(this.#slotAllocator.waiting, this.#place, woken);
  }

  #receiveAll(): void {
    for (let left = MAX_DRAINED_MESSAGES; left > 0; left--) {
      const entry = receiveMessageOnPort(this.#port);
      if (!entry) return;
      this.#receive(entry.message);
    }
  }

  #receive(message: unknown): void {
    Atomics.sub(this.#slotAllocator.waiting, this.#place, 1);
    if (this.#isOver) return;
    if (typeof message !== 'object' || message === null) return this.#events.violation();
    const { type, batchId, outcomes, calls, extensionId, reply, stats } = message as Record<string, unknown>; // an object: any key may be read
    if (type === 'batch') this.#reply(this.#batches, batchId, readOutcomes(outcomes));
    else if (type === 'outcomes') this.#events.outcomes(readOutcomes(outcomes));
    else if (type === 'capabilities') this.#events.capabilities(calls);
    else if (type === 'loaded') this.#reply(this.#loads, extensionId, reply);
    else if (type === 'stats') this.#events.stats(stats);
    else this.#events.violation();
  }

  #ready(): void {
    if (this.#isOver) return;
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
