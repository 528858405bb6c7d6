import { describe, expect, test } from 'vitest';

import { runSuites } from './run-suites.js';
import type { Suite } from './subject.js';

const FIXTURES = new URL('fixtures/subjects.mjs', import.meta.url).href;

function suite(name: string, launches: number): Suite {
  const subjects = [{ name: 'one', module: FIXTURES, open: 'constant', input: 1 }];
  return { name, title: name, unit: 'ns', launches, rounds: 1, warmUpMs: 1, sampleMs: 1, subjects };
}

describe('runSuites', () => {
  test('suites run in passes until each has had its launches, and are told in order', async () => {
    const told: string[] = [];
    const { suites, durationMs } = await runSuites(() => [suite('once', 1), suite('twice', 2)], {
      versions: {},
      timeLimitMs: 60_000,
      onSuite: ({ name }) => told.push(name),
    });
    expect(suites.map(({ name, subjects }) => [name, subjects[0]?.samples])).toEqual([
      ['once', [[1]]],
      ['twice', [[1], [1]]],
    ]);
    expect(told).toEqual(['once', 'twice']);
    expect(durationMs).toBeGreaterThan(0);
  });

  test('past the time limit each suite has its first launch and no more', async () => {
    const { suites } = await runSuites(() => [suite('one', 3), suite('two', 3)], { versions: {}, timeLimitMs: 0 });
    expect(suites.map(({ subjects }) => subjects[0]?.samples)).toEqual([[[1]], [[1]]]);
  });
});
