import { expect, test } from 'vitest';

import { Pacer } from './pacer.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a little is done at once, the rest in later turns, all of it in order', async () => {
  const pacer = new Pacer<string>();
  const done: number[] = [];
  for (let i = 0; i < 40; i++) pacer.run('a', () => done.push(i));
  expect(done).toHaveLength(16);
  await turn();
  expect(done).toHaveLength(32);
  await turn();
  expect(done).toEqual(Array.from({ length: 40 }, (_, i) => i));
  await turn();
  pacer.run('a', () => done.push(40));
  expect(done).toHaveLength(41);
});

test('who asks for much does not hold up another', async () => {
  const pacer = new Pacer<string>();
  const done: string[] = [];
  for (let i = 0; i < 1_000; i++) pacer.run('flood', () => done.push('flood'));
  pacer.run('other', () => done.push('other'));
  pacer.run('third', () => done.push('third'));
  await turn();
  expect(done.slice(16, 20)).toEqual(['flood', 'other', 'third', 'flood']);
  expect(done).toHaveLength(32);
});

test('work may ask for more work', async () => {
  const pacer = new Pacer<string>();
  let count = 0;
  const again = (): void => {
    if (++count < 50) pacer.run('a', again);
  };
  again();
  expect(count).toBeLessThan(50);
  for (let i = 0; i < 5; i++) await turn();
  expect(count).toBe(50);
});
