import { describe, expect, test } from 'vitest';

import { TurnBudget } from './turn-budget.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const always = (): boolean => true;

describe('TurnBudget', () => {
  test('a little is done at once, the rest in later turns, all of it in order', async () => {
    const turnBudget = new TurnBudget<string>();
    const done: number[] = [];
    for (let i = 0; i < 40; i++) turnBudget.run('a', () => done.push(i), always);
    expect(done).toHaveLength(16);
    await turn();
    expect(done).toHaveLength(32);
    await turn();
    expect(done).toEqual(Array.from({ length: 40 }, (_, i) => i));
    await turn();
    turnBudget.run('a', () => done.push(40), always);
    expect(done).toHaveLength(41);
  });

  test('who asks for much does not hold up another', async () => {
    const turnBudget = new TurnBudget<string>();
    const done: string[] = [];
    for (let i = 0; i < 1_000; i++) turnBudget.run('flood', () => done.push('flood'), always);
    turnBudget.run('other', () => done.push('other'), always);
    turnBudget.run('third', () => done.push('third'), always);
    await turn();
    expect(done.slice(16, 20)).toEqual(['flood', 'other', 'third', 'flood']);
    expect(done).toHaveLength(32);
  });

  test('work may ask for more work', async () => {
    const turnBudget = new TurnBudget<string>();
    let count = 0;
    const again = (): void => {
      if (++count < 50) turnBudget.run('a', again, always);
    };
    again();
    expect(count).toBeLessThan(50);
    for (let i = 0; i < 5; i++) await turn();
    expect(count).toBe(50);
  });

  test('what nobody wants any more is dropped, and holds up nothing', async () => {
    const turnBudget = new TurnBudget<string>();
    const done: string[] = [];
    let isWanted = true;
    for (let i = 0; i < 3_000; i++)
      turnBudget.run(
        'a',
        () => done.push('a'),
        () => isWanted,
      );
    turnBudget.run('a', () => done.push('last'), always);
    isWanted = false;
    await turn();
    expect(done.slice(16)).toEqual(['last']);
  });
});
