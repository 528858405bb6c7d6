import { expect, test } from 'vitest';

import { canCount, countInstructions, parseCount } from './count.js';

test('the total of a report is read', () => {
  expect(parseCount('==7== \n==7== I   refs:      1,234,147,471\n')).toBe(1_234_147_471);
});

test('anything else is refused', () => {
  expect(() => parseCount('valgrind: failed to start tool')).toThrow("Cannot read valgrind's report");
});

test('a subject that does 5 % more is told apart from one that does not', { timeout: 300_000 }, async (context) => {
  // Six processes under valgrind take a minute or more.
  if (process.env['BENCH_INSTRUCTIONS'] === undefined) context.skip('set BENCH_INSTRUCTIONS to run it');
  if (!(await canCount())) context.skip('valgrind is not installed');
  const module = new URL('../run/fixtures/subjects.mjs', import.meta.url).href;
  const count = (additions: number): Promise<number> =>
    countInstructions({ name: '', module, open: 'adding', input: additions });
  const [first, again, more] = [await count(1000), await count(1000), await count(1050)];
  expect(Math.abs(again / first - 1)).toBeLessThan(0.01);
  expect(more / first).toBeGreaterThan(1.03);
  expect(more / first).toBeLessThan(1.07);
});
