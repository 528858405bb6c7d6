import { vi } from 'vitest';

import { extensionWire, LOADED, succeeded, TestPool, type FakeLane } from './fake-lanes.js';

/** Of the watchdog. */
const TICK_MS = 5;
/** What a load takes in its thread. */
const LOAD_MS = 5;

interface Work {
  callId: number;
  endsMs: number;
  finish: () => void;
}

/**
 * A pool whose two threads take as long as their calls say, one call after the other, on a clock
 * that jumps from one end to the next: what the cost model chooses can be counted, and does not
 * depend on the machine.
 */
export class Simulation {
  readonly pool: TestPool;
  /** CPU time of a call, by extension. */
  readonly costsMs: Map<number, number> = new Map();
  /** The lane of each call that has ended. */
  readonly lanes: number[] = [];
  /** Of the calls of `run`, from when they were made to their results. */
  readonly tookMs: number[] = [];
  readonly #working: Map<FakeLane, Work> = new Map();
  #nowMs = 1_000;
  #tickedMs = 1_000;

  constructor(maxThreads = 2) {
    vi.spyOn(performance, 'now').mockImplementation(() => this.#nowMs);
    this.pool = new TestPool({ minThreads: maxThreads, maxThreads, cores: 2 });
  }

  /** Loads an extension whose calls take so long. */
  async add(id: number, costMs: number): Promise<void> {
    this.costsMs.set(id, costMs);
    await this.pool.load(extensionWire(id));
  }

  /** Forgets what has been so far. */
  clear(): void {
    this.lanes.length = 0;
    this.tookMs.length = 0;
  }

  /**
   * Keeps so many calls under way until `count` have ended; `next` says of which extension the next
   * one is.
   */
  async run(count: number, inFlight: number, next: (made: number) => number): Promise<void> {
    let made = 0;
    const call = async (): Promise<void> => {
      while (made < count) {
        const madeMs = this.#nowMs;
        await this.pool.call(next(made++));
        this.tookMs.push(this.#nowMs - madeMs);
      }
    };
    await this.until(Promise.all(Array.from({ length: inFlight }, call)));
  }

  /** Lets time pass until a promise has settled. */
  async until(promise: Promise<unknown>): Promise<void> {
    const state = { isOver: false };
    void promise.finally(() => (state.isOver = true));
    while (!state.isOver) await this.step();
  }

  /** Lets the threads begin what they can, and goes to the next end of something. */
  async step(): Promise<void> {
    await this.pool.settle();
    this.pool.lanes.forEach((lane, index) => this.#begin(lane, index));
    const ends = [...this.#working.values()].map(({ endsMs }) => endsMs);
    this.#nowMs = Math.min(this.#tickedMs + TICK_MS, ...ends);
    for (const [lane, work] of this.#working) {
      if (work.endsMs > this.#nowMs) continue;
      this.#working.delete(lane);
      lane.leave();
      work.finish();
    }
    if (this.#nowMs < this.#tickedMs + TICK_MS) return;
    this.#tickedMs = this.#nowMs;
    this.pool.realMs += TICK_MS;
    this.pool.core.tick();
  }

  #begin(lane: FakeLane, index: number): void {
    if (this.#working.has(lane)) return;
    const batch = lane.batches[0]; // sent before a load that waits: a lane has one at a time
    const call = batch?.calls.shift();
    const load = call ? undefined : lane.loads.shift();
    if (load) {
      const { id } = load.extension;
      this.#enter(lane, {
        callId: -id,
        endsMs: this.#nowMs + LOAD_MS,
        finish: () => load.done({ ok: true, loaded: LOADED }),
      });
    } else if (batch && call) {
      const { callId, extensionId } = call;
      const cpuTimeMs = this.costsMs.get(extensionId) ?? 0;
      const finish = (): void => {
        this.lanes.push(index);
        lane.events.outcomes([{ ...succeeded(callId), usage: { cpuTimeMs, heapBytes: 0 } }]);
        if (batch.calls.length > 0) return;
        lane.batches.shift();
        batch.done([]);
      };
      this.#enter(lane, { callId, endsMs: this.#nowMs + cpuTimeMs, finish });
    }
  }

  #enter(lane: FakeLane, work: Work): void {
    lane.enter(work.callId);
    this.#working.set(lane, work);
  }
}
