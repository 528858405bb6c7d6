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

import { EventLoopSpin } from './event-loop-spin.js';
import type { CallBatch, LaneEvents, LaneLink } from './lane-link.js';
import { toPackedCalls } from './packing.js';
import type { SlotAllocator } from './slot-allocator.js';

/** How long a thread may take to come up: loading its modules on a machine that is busy. */
const START_TIMEOUT_MS = 30_000;
/**
 * Messages that are read ahead at once: far more than what one batch posts, far less than a flood.
 */
const MAX_DRAINED_MESSAGES = 2_000;

/** The threads of a pool, as its links see them. */
export interface Threads {
  readonly slotAllocator: SlotAllocator;
  /** Starts a thread with this task. @returns no `worker` if there are too many. */
  run(
    link: ThreadLink,
    task: ThreadTask<MessagePort>,
    extra: { transferList: MessagePort[]; signal: AbortSignal },
  ): { attached: Promise<unknown>; worker: Worker | undefined };
  /** The link has started, or never will. */
  release(link: ThreadLink): void;
}

/** A lane in a thread of its own. */
export class ThreadLink implements LaneLink {
  readonly slots: Int32Array<SharedArrayBuffer> = new Int32Array(
    new SharedArrayBuffer(SLOT.length * Int32Array.BYTES_PER_ELEMENT),
  );
  readonly #events: LaneEvents;
  readonly #port: MessagePort;
  /** Aborting takes the attach task out of piscina's queue, or ends the thread it is on. */
  readonly #attachment: AbortController = new AbortController();
  /** Ids of the batches and, negative, of the extensions that are to be answered. */
  readonly #awaited: IdMap<true> = new IdMap();
  readonly #spin: EventLoopSpin = new EventLoopSpin();
  #worker: Worker | undefined;
  #startTimer: NodeJS.Timeout | undefined;
  #isOver = false;
  #failure: Error | undefined;
  readonly #threads: Threads;
  readonly #slot: number;
  threadId: number | undefined;

  constructor(events: LaneEvents, wasm: EngineModule, threads: Threads) {
    this.#events = events;
    this.#threads = threads;
    this.#slot = threads.slotAllocator.take();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: unknown) => this.#receive(message));
    port1.unref(); // keeps the process alive only while something is awaited
    this.#attach(wasm, port2);
  }

  /**
   * Starts the thread. The task carries a signal so that piscina keeps it aside instead of blocking
   * its queue with it.
   */
  #attach(wasm: EngineModule, port: MessagePort): void {
    const { slotAllocator } = this.#threads;
    const task: ThreadTask<MessagePort> = {
      port,
      slots: this.slots.buffer,
      unread: slotAllocator.unread.buffer,
      memory: slotAllocator.memory.slots.buffer as SharedArrayBuffer, // there are several lanes
      lane: this.#slot,
      wasm,
    };
    const { attached, worker } = this.#threads.run(this, task, {
      transferList: [port],
      signal: this.#attachment.signal,
    });
    this.#worker = worker;
    this.threadId = worker?.threadId;
    worker?.once('error', (error: Error) => this.#fail(error));
    worker?.once('exit', (code) => {
      slotAllocator.free(this.#slot);
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
    slotAllocator.free(this.#slot);
    this.#fail(new Error('no thread is free'));
  }

  batch({ id, install, calls, idleCores }: CallBatch): void {
    this.#await(id);
    const message: HostMessage = { type: 'batch', batchId: id, calls: toPackedCalls(calls) };
    if (install.length > 0) message.install = install;
    // the host takes its core when it needs one: threads have a lower priority
    if (idleCores >= 0) message.staysAwake = true;
    this.#post(message);
    if (idleCores > 0) this.#spin.begin();
  }

  load(extension: ExtensionWire, snapshot: SnapshotWire | undefined): void {
    this.#await(-extension.id);
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

  get memoryBytes(): number {
    return this.#threads.slotAllocator.memory.bytesOf(this.#slot);
  }

  trim(): void {
    this.#post({ type: 'trim' });
  }

  shed(bytes: number): void {
    this.#post({ type: 'shed', bytes });
  }

  requestStats(): void {
    this.#post({ type: 'stats', requestId: 0 });
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#receiveAll();
    this.#end();
  }

  #await(id: number): void {
    if (this.#awaited.size === 0) this.#port.ref();
    this.#awaited.set(id, true);
  }

  /** @returns false for a reply that nobody awaits. */
  #isAwaited(id: unknown, sign: 1 | -1): id is number {
    if (typeof id !== 'number' || id <= 0 || !this.#awaited.delete(sign * id)) return false;
    this.#spin.end();
    if (this.#awaited.size === 0) this.#port.unref();
    return true;
  }

  #post(message: HostMessage): void {
    if (this.#isOver) return;
    this.#port.postMessage(message); // oxlint-disable-line unicorn/require-post-message-target-origin -- a MessagePort
    Atomics.add(this.slots, SLOT.posted, 1);
    const woken = Atomics.notify(this.slots, SLOT.posted);
    if (woken > 0) Atomics.add(this.#threads.slotAllocator.unread, this.#slot, woken);
  }

  #receiveAll(): void {
    for (let left = MAX_DRAINED_MESSAGES; left > 0; left--) {
      const entry = receiveMessageOnPort(this.#port);
      if (!entry) return;
      this.#receive(entry.message);
    }
  }

  #receive(message: unknown): void {
    Atomics.sub(this.#threads.slotAllocator.unread, this.#slot, 1);
    if (this.#isOver) return;
    if (typeof message !== 'object' || message === null) return this.#events.violation();
    // an object: any key may be read
    const { type, batchId, outcomes, calls, extensionId, reply, stats } = message as Record<string, unknown>;
    if (type === 'batch' && this.#isAwaited(batchId, 1)) this.#events.batchDone(batchId, outcomes);
    else if (type === 'outcomes') this.#events.outcomes(outcomes);
    else if (type === 'capabilities') this.#events.capabilities(calls);
    else if (type === 'loaded' && this.#isAwaited(extensionId, -1)) this.#events.loadDone(extensionId, reply);
    else if (type === 'stats') this.#events.stats(stats);
    else this.#events.violation();
  }

  #ready(): void {
    if (this.#isOver) return;
    clearTimeout(this.#startTimer);
    this.#threads.release(this);
    this.#events.ready();
  }

  /**
   * Ends a link whose thread is gone or useless. `lost` is called once, after the messages that the
   * thread had sent.
   */
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
    this.#threads.release(this);
    this.#port.close();
    this.#attachment.abort();
    void this.#worker?.terminate();
  }
}
