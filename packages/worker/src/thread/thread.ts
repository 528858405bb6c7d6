import { receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { MemoryBudget, SLOT, type HostMessage, type ThreadMessage, type ThreadTask } from '@sandglass/core';

import { Batches } from './batches.js';
import { createEngine, type Engine } from '../calls/engine.js';
import { garbageCollector } from './garbage-collector.js';
import { SpinThenPark } from './spin-then-park.js';
import { lowerThreadPriority } from './thread-priority.js';

/** The piscina task: makes the thread's engine. From then on the thread serves its port. */
export default function attach(task: ThreadTask<MessagePort>): Promise<void> {
  lowerThreadPriority();
  return serve(task, createEngine);
}

/**
 * Serves the port of a thread with an engine.
 *
 * @param create for tests: makes the engine.
 */
export async function serve(task: ThreadTask<MessagePort>, create: typeof createEngine): Promise<void> {
  const thread = new Thread(task);
  await thread.start(task, create);
}

class Thread {
  readonly #port: MessagePort;
  readonly #slots: Int32Array<SharedArrayBuffer>;
  readonly #unread: Int32Array<SharedArrayBuffer>;
  readonly #lane: number;
  readonly #batches: Batches;
  #engine!: Engine;
  /** Loads and collections that are under way, for which the event loop has to run. */
  #awaited = 0;
  /** `SLOT.posted` when the port was last read. */
  #seen = 0;
  /** `staysAwake` of the last batch. */
  #staysAwake = false;
  readonly #spin: SpinThenPark;

  constructor({ port, slots, unread, lane }: ThreadTask<MessagePort>) {
    this.#port = port;
    this.#slots = new Int32Array(slots, 0, SLOT.length);
    this.#unread = new Int32Array(unread);
    this.#lane = lane;
    this.#spin = new SpinThenPark(this.#slots);
    this.#batches = new Batches(this.#slots, (message) => this.#send(message));
  }

  async start({ wasm, memory }: ThreadTask<MessagePort>, create: typeof createEngine): Promise<void> {
    this.#engine = await create({
      wasm,
      slots: this.#slots,
      unread: this.#unread,
      memory: { budget: new MemoryBudget(new Int32Array(memory)), lane: this.#lane },
      collect: garbageCollector(),
      onOutcomes: (outcomes) => this.#batches.settle(outcomes),
      onCapabilities: (calls) => this.#send({ type: 'capabilities', calls }),
    });
    this.#port.on('message', (message: HostMessage) => {
      this.#receive(message);
      this.#sleep();
    });
    setImmediate(() => this.#sleep()); // once piscina has reported the task
  }

  /**
   * Waits for messages in `Atomics.wait`, outside of the event loop, while no call is suspended.
   * The thread wakes several microseconds faster than through events or `Atomics.waitAsync`, and
   * CPU time stays the same within 12 % (1 and 64 calls in flight).
   */
  #sleep(): void {
    while (this.#batches.size === 0 && this.#awaited === 0) {
      if (this.#staysAwake) this.#spin.wait(this.#seen);
      const woken = Atomics.wait(this.#slots, SLOT.posted, this.#seen) === 'ok';
      if (woken) Atomics.sub(this.#unread, this.#lane, 1);
      // before reading: what is posted later ends the next wait
      this.#seen = Atomics.load(this.#slots, SLOT.posted);
      for (let entry = receiveMessageOnPort(this.#port); entry; entry = receiveMessageOnPort(this.#port)) {
        this.#receive(entry.message as HostMessage);
      }
    }
  }

  #receive(message: HostMessage): void {
    const engine = this.#engine;
    switch (message.type) {
      case 'batch':
        this.#staysAwake = message.staysAwake === true;
        for (const each of message.install ?? []) engine.install(each);
        return this.#batches.run(engine, message.batchId, message.calls);
      case 'load':
        return void this.#load(message);
      case 'settle':
        return engine.settle(message.settlements);
      case 'abort':
        engine.abort(message.callIds);
        return this.#batches.forget(message.callIds);
      case 'forget':
        return engine.forget(message.extensionId);
      case 'trim':
        return void this.#trim();
      case 'shed':
        engine.shed(message.bytes);
        return void this.#trim();
      case 'stats':
        return this.#send({ type: 'stats', requestId: message.requestId, stats: engine.stats() });
      default:
        return message satisfies never;
    }
  }

  async #trim(): Promise<void> {
    this.#awaited++;
    await this.#engine.trim();
    this.#awaited--;
    this.#sleep();
  }

  async #load({ extension, snapshot }: Extract<HostMessage, { type: 'load' }>): Promise<void> {
    this.#awaited++;
    const reply = await this.#engine.load(extension, snapshot);
    this.#awaited--;
    this.#send({ type: 'loaded', extensionId: extension.id, reply });
  }

  #send(message: ThreadMessage): void {
    Atomics.add(this.#unread, this.#lane, 1);
    this.#port.postMessage(message); // oxlint-disable-line unicorn/require-post-message-target-origin -- a MessagePort
  }
}
