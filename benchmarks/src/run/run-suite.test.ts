import { expect, test } from 'vitest';

import { compareResults } from '../compare/compare.js';
import type { Results, SuiteResult } from '../results.js';
import { createRandom } from '../stats/random.js';
import { runSuite } from './run-suite.js';
import type { Suite, SubjectSpec } from './subject.js';

const FIXTURES = new URL('fixtures/subjects.mjs', import.meta.url).href;

function suite(subjects: SubjectSpec[], options: Partial<Suite> = {}): Suite {
  return {
    name: 'test',
    title: 'Test',
    unit: 'ns',
    launches: 2,
    rounds: 3,
    warmUpMs: 5,
    sampleMs: 1,
    ...options,
    subjects,
  };
}

function results(result: SuiteResult): Results {
  const machine = { cpu: '', cores: 1, memoryBytes: 1, platform: '' };
  return { machine, versions: {}, startedAt: '', durationMs: 0, seed: 0, suites: [result], absent: [] };
}

test('every subject is sampled in every round of every launch', async () => {
  const done: number[] = [];
  const result = await runSuite(
    suite([
      { name: 'one', module: FIXTURES, open: 'constant', input: 1 },
      { name: 'two', module: FIXTURES, open: 'constant', input: 2, series: 's', x: 10 },
    ]),
    { random: createRandom(1), onProgress: (share) => done.push(share) },
  );
  expect(result.subjects).toEqual([
    {
      name: 'one',
      samples: [
        [1, 1, 1],
        [1, 1, 1],
      ],
    },
    {
      name: 'two',
      series: 's',
      x: 10,
      samples: [
        [2, 2, 2],
        [2, 2, 2],
      ],
    },
  ]);
  expect(done.at(-1)).toBe(1);
});

test.each([
  ['does not open', 'failing', /RangeError: cannot open/],
  ['is not exported', 'absent', /does not export "absent"/],
  ['ends its process', 'exiting', /its process ended with 3/],
])('a subject that %s is named with its reason and the others go on', async (_, open, reason) => {
  const result = await runSuite(
    suite([
      { name: 'bad', module: FIXTURES, open },
      { name: 'good', module: FIXTURES, open: 'constant', input: 1 },
    ]),
    { random: createRandom(1) },
  );
  expect(result.subjects[0]?.error).toMatch(reason);
  expect(result.subjects[1]?.samples.flat()).toHaveLength(6);
});

test('a subject gets its flags', async () => {
  const [subject] = (
    await runSuite(suite([{ name: 'gc', module: FIXTURES, open: 'exposesGc', nodeFlags: ['--expose-gc'] }]), {
      random: createRandom(1),
    })
  ).subjects;
  expect(subject?.samples.flat()).toEqual([1, 1, 1, 1, 1, 1]);
});

// Retried: `noise` is a right answer while other programs keep the machine busy.
test(
  'a real slowdown of 20 % is found, and a second run of the same program shows no change',
  { retry: 3, timeout: 60_000 },
  async () => {
    const run = async (hashes: number): Promise<Results> =>
      results(
        await runSuite(
          suite(
            [
              { name: 'reference', module: FIXTURES, open: 'hashing', input: 200 },
              { name: 'call', module: FIXTURES, open: 'hashing', input: hashes },
            ],
            { reference: 'reference', clock: 'cpu', launches: 5, rounds: 10, warmUpMs: 40, sampleMs: 5 },
          ),
          { random: createRandom(1) },
        ),
      );
    const before = await run(200);
    const slower = await run(240);
    const again = await run(200);
    expect(compareResults(before, slower, 0.1)).toMatchObject([{ subject: 'call', verdict: 'worse' }]);
    expect(
      compareResults(before, again, 0.1).filter(({ verdict }) => verdict === 'worse' || verdict === 'better'),
    ).toEqual([]);
  },
);
