import { expect, test } from 'vitest';

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
