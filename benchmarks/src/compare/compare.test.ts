import { expect, test } from 'vitest';

import type { Results, SuiteResult, Unit } from '../results.js';
import { createRandom, type Random } from '../stats/random.js';
import { type Change, compareResults } from './compare.js';

/** Samples as a real machine makes them: each launch a little off, each sample too, some far above. */
function noisy(cost: number, random: Random, drift: readonly number[] = []): number[][] {
  return [0, 1, 2].map((launch) => {
    const offset = 1 + (random() - 0.5) * 0.04;
    return Array.from({ length: 12 }, () => {
      const outlier = random() < 0.1 ? 1 + random() * 2 : 1;
      return cost * offset * outlier * (1 + random() * 0.05) * (drift[launch] ?? 1);
    });
  });
}

function run(
  costs: Record<string, number>,
  seed: number,
  options: { unit?: Unit; reference?: string; drift?: number[] } = {},
): Results {
  const random = createRandom(seed);
  const suite: SuiteResult = {
    name: 'engine',
    title: 'Engine',
    unit: options.unit ?? 'ns',
    ...(options.reference === undefined ? {} : { reference: options.reference }),
    subjects: Object.entries(costs).map(([name, cost]) => ({ name, samples: noisy(cost, random, options.drift) })),
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
    run({ pool: 1200 }, 1, { unit: 'calls/s' }),
    run({ pool: 1000 }, 2, { unit: 'calls/s' }),
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
      run({ bare: 500, call: 1000 }, seed + 1, { reference, drift: [2, 2, 2] }),
      0.1,
    ),
  );
  expect(counts['unchanged']).toBeGreaterThanOrEqual(30);
  expect(counts).not.toHaveProperty('worse');
  expect(counts).not.toHaveProperty('better');
});

test('the same machine without a reference looks worse', () => {
  const after = run({ call: 1000 }, 2, { drift: [2, 2, 2] });
  expect(compareResults(run({ call: 1000 }, 1), after, 0.1)).toMatchObject([{ verdict: 'worse', normalised: false }]);
});

test('launches that disagree are noise, not a change', () => {
  const after = run({ call: 1000 }, 2, { drift: [1, 1.5, 0.7] });
  expect(compareResults(run({ call: 1000 }, 1), after, 0.1)).toMatchObject([{ verdict: 'noise' }]);
});

test('subjects and suites of one run only are left out', () => {
  expect(compareResults(run({ call: 1000 }, 1), run({ load: 1000 }, 2), 0.1)).toEqual([]);
  expect(compareResults(run({ call: 1000 }, 1), { ...run({}, 2), suites: [] }, 0.1)).toEqual([]);
});
