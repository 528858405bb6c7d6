import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

let nowMs = 0;
let cpuMs = 0;

Object.assign(process, { threadCpuUsage: () => ({ user: cpuMs * 1_000, system: 0 }) });
const { Stopwatch } = await import('./cpu-clock.js');

/** A slice of 110 ms in which the thread ran for 80, as far as it was looked at. */
function run(watch: InstanceType<typeof Stopwatch>): void {
  watch.start();
  nowMs = cpuMs = 3;
  watch.isOver(100);
  nowMs = 110;
  cpuMs = 83;
}

describe('the clock of CPU time', () => {
  beforeEach(() => {
    nowMs = cpuMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('time in which the thread did not run is not counted', () => {
    const watch = new Stopwatch();
    run(watch);
    expect(watch.isOver(100)).toBe(false);
    expect(watch.runningMs()).toBe(83);
    nowMs = 130;
    cpuMs = 103;
    expect(watch.isOver(100)).toBe(true);
  });
});
