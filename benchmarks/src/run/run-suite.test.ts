import { describe, expect, test } from 'vitest';

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

describe('runSuite', () => {
  test('every subject is sampled in every round of every launch', async () => {
    const steps: string[] = [];
    const result = await runSuite(
      suite([
        { name: 'one', module: FIXTURES, open: 'constant', input: 1 },
        { name: 'two', module: FIXTURES, open: 'constant', input: 2, series: 's', x: 10 },
      ]),
      { random: createRandom(1), onStep: (what) => steps.push(what) },
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
    expect(steps).toHaveLength(2 * 2 * (1 + 3));
    expect(steps[0]).toBe('test: opens one');
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

  test('a slow subject is sampled once in a launch that has no time for more, a fast one in every round', async () => {
    const result = await runSuite(
      suite(
        [
          { name: 'slow', module: FIXTURES, open: 'slow', input: 30 },
          { name: 'fast', module: FIXTURES, open: 'constant', input: 1 },
        ],
        { subjectBudgetMs: 20 },
      ),
      { random: createRandom(1) },
    );
    expect(result.subjects[0]?.samples).toEqual([[1], [1]]);
    expect(result.subjects[1]?.samples.flat()).toHaveLength(6);
  });

  test('a quick run launches once and takes half of the rounds', async () => {
    const result = await runSuite(
      suite([{ name: 'one', module: FIXTURES, open: 'constant', input: 1 }], { rounds: 4 }),
      {
        random: createRandom(1),
        quick: true,
      },
    );
    expect(result.subjects[0]?.samples).toEqual([[1, 1]]);
  });
});
