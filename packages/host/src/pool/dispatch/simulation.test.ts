import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { extensionWire } from '../testing/fake-lanes.js';
import { Simulation } from '../testing/simulation.js';

/*
 * The loads of docs/benchmarks.md on two simulated threads: the cost model chooses as was measured
 * on real ones.
 */

const SMALL_MS = 0.002;
const IN_FLIGHT = 64;

let simulation: Simulation;

/** Part of the calls that ran on the lane with most of them. */
function mostOnOne({ lanes }: Simulation): number {
  const first = lanes.filter((lane) => lane === 0).length;
  return Math.max(first, lanes.length - first) / lanes.length;
}

describe('placement, simulated', () => {
  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await simulation.pool.core.close(0);
  });

  test('one extension of small calls stays on one lane', async () => {
    await simulation.add(1, SMALL_MS);
    await simulation.run(200, IN_FLIGHT, () => 1); // known from then on
    simulation.clear();
    await simulation.run(1_000, IN_FLIGHT, () => 1);
    expect(mostOnOne(simulation)).toBe(1);
  });

  test('calls that take longer use both lanes alike', async () => {
    await simulation.add(1, 0.5);
    await simulation.run(400, IN_FLIGHT, () => 1);
    expect(mostOnOne(simulation)).toBeLessThan(0.6);
  });

  test('200 extensions in turn stay on one lane, once they are known', async () => {
    for (let id = 1; id <= 200; id++) await simulation.add(id, SMALL_MS);
    await simulation.run(800, IN_FLIGHT, (made) => 1 + (made % 200));
    simulation.clear();
    await simulation.run(800, IN_FLIGHT, (made) => 1 + (made % 200));
    expect(mostOnOne(simulation)).toBeGreaterThan(0.95);
  });

  test('small calls beside bombs wait no longer than it takes to see one', async () => {
    await simulation.add(1, SMALL_MS);
    await simulation.add(2, 200);
    await simulation.run(200, IN_FLIGHT, () => 1);
    simulation.clear();
    const bomb = simulation.pool.call(2);
    await simulation.run(400, 16, () => 1);
    expect(Math.max(...simulation.tookMs)).toBeLessThan(20);
    await simulation.until(bomb);
  });

  test('calls beside loads go on: one of two lanes loads nothing', async () => {
    await simulation.add(1, SMALL_MS);
    await simulation.run(200, IN_FLIGHT, () => 1);
    simulation.clear();
    const loading = Array.from({ length: 10 }, (_, i) => simulation.pool.core.load(extensionWire(11 + i)));
    await simulation.run(400, 16, () => 1);
    expect(Math.max(...simulation.tookMs)).toBeLessThan(1);
    await simulation.until(Promise.all(loading));
  });
});
