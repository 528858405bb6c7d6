import { afterEach, describe, expect, test } from 'vitest';

import { RequestDeadlines } from './deadline.js';

let nowMs = 1_000;
const deadlines = new RequestDeadlines(() => nowMs);
let late: string[] = [];

const add = (name: string, limitMs: number): (() => void) => deadlines.add(limitMs, () => late.push(name));

function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) {
    nowMs += 10;
    deadlines.tick();
  }
}

describe('RequestDeadlines', () => {
  afterEach(() => {
    late = [];
  });

  test('what is late is told once, in the order of the limits', () => {
    add('second', 50);
    add('first', 20);
    pass(30);
    expect(late).toEqual(['first']);
    pass(30);
    expect(late).toEqual(['first', 'second']);
    pass(100);
    expect(late).toHaveLength(2);
  });

  test('what was taken back in time is not told, and nothing waits any more', () => {
    const forget = add('never', 50);
    pass(40);
    forget();
    forget();
    pass(100);
    expect(late).toEqual([]);
    expect(deadlines.size).toBe(0);
  });

  test('a pause of the host uses up no limit', () => {
    const forget = add('paused', 100);
    for (let i = 0; i < 3; i++) {
      nowMs += 60_000;
      deadlines.tick();
    }
    expect(late).toEqual([]);
    pass(50);
    expect(late).toEqual(['paused']);
    forget();
  });

  test('time during which nothing waited counts for nobody', () => {
    nowMs += 60_000;
    add('late', 30);
    pass(20);
    expect(late).toEqual([]);
    pass(10);
    expect(late).toEqual(['late']);
  });

  test('its timer runs while something waits, and no longer', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const forget = [add('a', 1_000), add('b', 1_000)];
    expect(timers()).toBe(before + 1);
    for (const each of forget) each();
    expect(timers()).toBe(before);
  });
});
