import { describe, expect, test } from 'vitest';

import type { Results, SuiteResult, Unit } from '../results.js';
import { createRandom, type Random } from '../stats/random.js';
import { type Change, compareResults } from './compare.js';

/**
 * Samples as a real machine makes them: each launch a little off, each sample too, some far above.
 */
function noisy(cost: number, random: Random, drift: readonly number[] = []): number[][] {
  return [0, 1, 2, 3].map((launch) => {
    const offset = 1 + (random() - 0.5) * 0.04;
    return Array.from({ length: 8 }, () => {
      const outlier = random() < 0.1 ? 1 + random() * 2 : 1;
      return cost * offset * outlier * (1 + random() * 0.05) * (drift[launch] ?? 1);
    });
  });
}

function run(
  /** Nanoseconds of a call, whatever the unit of the suite. */
  costs: Record<string, number>,
  seed: number,
  options: { unit?: Unit; clock?: 'wall' | 'cpu'; reference?: string; drift?: number[] } = {},
): Results {
  const random = createRandom(seed);
  const suite: SuiteResult = {
    name: 'engine',
    title: 'Engine',
    unit: options.unit ?? 'ns',
    clock: options.clock ?? 'cpu',
    ...(options.reference === undefined ? {} : { reference: options.reference }),
    subjects: Object.entries(costs).map(([name, cost]) => {
      const times = noisy(cost, random, options.drift);
      const samples = options.unit === 'calls/s' ? times.map((launch) => launch.map((time) => 1e9 / time)) : times;
      return { name, samples };
    }),
  };
  return {
    machine: { cpu: 'test', cores: 2, memoryBytes: 1, platform: 'test' },
    versions: {},
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
    seed,
    suites: [suite],
    absent: [],
  };
}

const SEEDS = Array.from({ length: 40 }, (_, index) => 1 + index * 2);

/** How often each verdict is given over many pairs of runs. */
function count(compare: (seed: number) => Change[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verdict } of SEEDS.flatMap(compare)) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

describe('compareResults', () => {
  test('pairs of runs alike never show a change', () => {
    const counts = count((seed) => compareResults(run({ call: 1000 }, seed), run({ call: 1000 }, seed + 1), 0.1));
    expect(counts['unchanged']).toBeGreaterThanOrEqual(30);
    expect(counts).not.toHaveProperty('worse');
    expect(counts).not.toHaveProperty('better');
  });

  test('a slowdown of 20 % is found nearly always, and never taken for a gain', () => {
    const counts = count((seed) => compareResults(run({ call: 1000 }, seed), run({ call: 1200 }, seed + 1), 0.1));
    expect(counts['worse']).toBeGreaterThanOrEqual(38);
    expect(counts).not.toHaveProperty('better');
  });

  test('only the subject that slowed down is named, with the size of its change', () => {
    const changes = compareResults(run({ call: 1000, load: 50_000 }, 3), run({ call: 1200, load: 50_000 }, 4), 0.1);
    expect(changes.map(({ subject, verdict }) => [subject, verdict])).toEqual([
      ['call', 'worse'],
      ['load', 'unchanged'],
    ]);
    expect(changes[0]?.ratio.value).toBeCloseTo(1.2, 1);
  });

  test('a gain is told apart from a loss', () => {
    const counts = count((seed) => compareResults(run({ call: 1200 }, seed), run({ call: 1000 }, seed + 1), 0.1));
    expect(counts['better']).toBeGreaterThanOrEqual(38);
    expect(counts).not.toHaveProperty('worse');
  });

  test('a lower rate is worse', () => {
    const [change] = compareResults(
      run({ pool: 1000 }, 1, { unit: 'calls/s' }),
      run({ pool: 1200 }, 2, { unit: 'calls/s' }),
      0.1,
    );
    expect(change).toMatchObject({ verdict: 'worse' });
    expect(change?.ratio.value).toBeCloseTo(1.2, 1);
  });

  test('a machine that became twice as slow changes nothing where the suite has a reference', () => {
    const reference = 'bare';
    const counts = count((seed) =>
      compareResults(
        run({ bare: 500, call: 1000 }, seed, { reference }),
        run({ bare: 500, call: 1000 }, seed + 1, { reference, drift: [2, 2, 2, 2] }),
        0.1,
      ),
    );
    expect(counts['unchanged']).toBeGreaterThanOrEqual(30);
    expect(counts).not.toHaveProperty('worse');
    expect(counts).not.toHaveProperty('better');
  });

  test('the same machine without a reference looks worse', () => {
    const after = run({ call: 1000 }, 2, { drift: [2, 2, 2, 2] });
    expect(compareResults(run({ call: 1000 }, 1), after, 0.1)).toMatchObject([{ verdict: 'worse', normalised: false }]);
  });

  test('a reference that became faster makes nothing worse that has not become slower itself', () => {
    const counts = count((seed) =>
      compareResults(
        run({ bare: 500, call: 1000 }, seed, { reference: 'bare' }),
        run({ bare: 400, call: 1000 }, seed + 1, { reference: 'bare' }),
        0.1,
      ),
    );
    expect(counts).not.toHaveProperty('worse');
  });

  test('between two machines only what is relative to the reference counts', () => {
    const options = { reference: 'bare' };
    const after = run({ bare: 250, call: 600 }, 2, options);
    after.machine.cpu = 'twice as fast';
    expect(compareResults(run({ bare: 500, call: 1000 }, 1, options), after, 0.1)).toMatchObject([
      { verdict: 'worse' },
    ]);
  });

  test('times by the clock on the wall have to change by twice the threshold', () => {
    const compare = (cost: number): string | undefined =>
      compareResults(run({ call: 1000 }, 1, { clock: 'wall' }), run({ call: cost }, 2, { clock: 'wall' }), 0.1)[0]
        ?.verdict;
    expect([1150, 1300].map(compare)).toEqual(['unchanged', 'worse']);
  });

  test('a count of instructions needs no more than 2 %', () => {
    const count = (instructions: number): Results => {
      const results = run({}, 1);
      results.suites = [
        { name: 'hot', title: 'Hot', unit: 'instructions', subjects: [{ name: 'call', samples: [[instructions]] }] },
      ];
      return results;
    };
    const compare = (after: number): string | undefined => compareResults(count(1000), count(after), 0.1)[0]?.verdict;
    expect([1010, 1030, 960].map(compare)).toEqual(['unchanged', 'worse', 'better']);
  });

  test('two programs sampled in turn in one run are compared launch by launch, whatever the machine did', () => {
    const drift = [1, 3, 0.5, 2];
    const counts = count((seed) => {
      const [before, after] = [run({ call: 1000 }, seed, { drift }), run({ call: 1200 }, seed + 1, { drift })];
      return compareResults(before, { ...after, seed: before.seed }, 0.1);
    });
    expect(counts['worse']).toBeGreaterThanOrEqual(38);
  });

  test('launches that disagree are noise, not a change', () => {
    const after = run({ call: 1000 }, 2, { drift: [1, 1.5, 0.7, 1.2] });
    expect(compareResults(run({ call: 1000 }, 1), after, 0.1)).toMatchObject([{ verdict: 'noise' }]);
  });

  test('subjects and suites of one run only are left out', () => {
    expect(compareResults(run({ call: 1000 }, 1), run({ load: 1000 }, 2), 0.1)).toEqual([]);
    expect(compareResults(run({ call: 1000 }, 1), { ...run({}, 2), suites: [] }, 0.1)).toEqual([]);
  });
});
