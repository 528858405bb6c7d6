import { SLOT } from '@sandglass/core';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

import { Condition, TRANSITIONS } from './lanes/condition.js';
import { extensionWire, succeeded, TestPool, type FakeLane } from './testing/fake-lanes.js';

/** What can happen to a pool. `pick` chooses among the lanes or calls that there are. */
type Step =
  | { do: 'call' | 'abortable'; extension: number }
  | {
      do:
        | 'abort'
        | 'enter'
        | 'leave'
        | 'finish'
        | 'finishOne'
        | 'answer'
        | 'lose'
        | 'ask'
        | 'askThenLose'
        | 'forge'
        | 'emptyBatch';
      pick: number;
    }
  | { do: 'pass'; ms: number }
  | { do: 'breathe' };

const pick = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('call', 'abortable'), extension: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'abort',
        'enter',
        'leave',
        'finish',
        'finishOne',
        'answer',
        'lose',
        'ask',
        'askThenLose',
        'forge',
        'emptyBatch',
      ),
      pick,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(10, 30, 250) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('breathe') }) },
);

/** A pool whose lanes do what the steps say, and what came of its calls. */
class Model {
  /** Lanes from which each call made requests. */
  readonly effects: Map<number, Set<FakeLane>> = new Map();
  readonly pool: TestPool = new TestPool({
    onCapability: ({ callId, name }) => {
      const from = this.effects.get(callId) ?? new Set();
      if (name === 'request' && this.#asking) this.effects.set(callId, from.add(this.#asking));
      return Promise.resolve();
    },
  });
  readonly aborts: AbortController[] = [];
  #asking: FakeLane | undefined;
  made = 0;
  settled = 0;

  get lanes(): FakeLane[] {
    return this.pool.lanes.filter(({ isTerminated }) => !isTerminated);
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'breathe') return this.pool.settle();
    if (step.do === 'pass') return this.pool.pass(step.ms);
    if ('extension' in step) {
      if (step.do === 'call') return this.#call(step.extension);
      const controller = new AbortController();
      this.aborts.push(controller);
      return this.#call(step.extension, controller.signal);
    }
    const lane = this.lanes[step.pick % this.lanes.length];
    if (step.do === 'abort') return this.aborts[step.pick]?.abort();
    if (lane) this.#onLane(lane, step.do, step.pick);
  }

  /** Lets everything that is left come to its end. */
  async drain(): Promise<void> {
    const isOver = (): boolean => this.settled === this.made && this.pool.core.stats().background === 0;
    for (let i = 0; i < 100 && !isOver(); i++) {
      await this.pool.settle();
      for (const lane of this.lanes) {
        lane.leave();
        lane.finishAll();
      }
      this.pool.pass(10);
      // the pause after failures is on the real clock
      if (i > 20) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #call(extension: number, signal?: AbortSignal): void {
    this.made += 1;
    const count = (): void => void (this.settled += 1);
    this.pool.call(extension, signal ? { signal } : {}).then(count, count);
  }

  #onLane(lane: FakeLane, what: string, pick: number): void {
    const callId = lane.callIds[pick % Math.max(lane.callIds.length, 1)] ?? 1;
    if (what === 'enter') lane.enter(callId);
    if (what === 'leave') lane.leave();
    if (what === 'finish') lane.finishAll();
    if (what === 'answer') lane.answer(callId);
    if (what === 'finishOne') lane.events.outcomes([succeeded(callId)]);
    if (what === 'lose') lane.events.lost(new Error('gone'));
    this.#asking = lane;
    const isAsk = what === 'ask' || what === 'askThenLose';
    if (isAsk) lane.ask({ callId, seq: (lane.slots[SLOT.slice] ?? 0) + 1, name: pick % 4 === 0 ? 'sleep' : 'request' });
    if (what === 'askThenLose') lane.events.lost(new Error('gone'));
    if (what === 'forge') lane.events.outcomes([succeeded(pick + 1, 'forged')]);
    if (what === 'emptyBatch') lane.batches.shift()?.done([]);
  }
}

/** Every change of a lane's condition that is asked for from now on, as "from → to". */
function watchConditions(): { seen: Set<string>; [Symbol.dispose](): void } {
  const seen = new Set<string>();
  const become = Object.getOwnPropertyDescriptor(Condition.prototype, 'become')?.value as Condition['become'];
  const spy = vi.spyOn(Condition.prototype, 'become').mockImplementation(function (this: Condition, next) {
    if (next !== this.current) seen.add(`${this.current} → ${next}`);
    return become.call(this, next);
  });
  return { seen, [Symbol.dispose]: () => spy.mockRestore() };
}

const KNOWN = new Set(Object.entries(TRANSITIONS).flatMap(([from, all]) => all.map((to) => `${from} → ${to}`)));

describe('the pool against its model', () => {
  test('whatever happens, every call settles once, no effect is made twice, and nothing is left behind', async () => {
    using conditions = watchConditions();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const model = new Model();
        const { pool } = model;
        for (const id of [1, 2, 3])
          await pool.load(extensionWire(id, { cpuTimeMs: 100 }, id === 3 ? 'persistent' : 'pristine'));
        for (const each of steps) await model.take(each);
        await model.drain();
        const stats = pool.core.stats();
        expect(model.settled).toBe(model.made);
        expect(stats).toMatchObject({
          queued: 0,
          running: 0,
          background: 0,
          accepted: Object.values(stats.settled).reduce((sum, count) => sum + count, 0),
        });
        for (const from of model.effects.values()) expect(from.size).toBe(1);
        await pool.core.close(0);
      }),
      { numRuns: 200 },
    );
    expect([...conditions.seen].filter((change) => !KNOWN.has(change))).toEqual([]);
    expect(conditions.seen.size).toBeGreaterThan(7); // they do occur
  }, 60_000);
});
