import { describe, expect, test } from 'vitest';

import { compileEngine } from '../engine-module.js';
import { compactHeap } from './compact-heap.js';
import { createInstance, type Instance } from '../instance.js';

/** A heap with gaps of many sizes between what is in use. */
async function createTornHeap(): Promise<Instance['module']> {
  const { module } = await createInstance(await compileEngine(), { maxBytes: 16 << 20 });
  const used = Array.from({ length: 200 }, (_, i) => [module._malloc(20 + i * 4), module._malloc(20)]);
  for (const [gap] of used) module._free(gap!);
  return module;
}

/** How far from one another allocations lie, in bytes. */
function spread(module: Instance['module']): number {
  const at = [28, 100, 12, 240, 60, 28, 1_000, 44].map((bytes) => module._malloc(bytes));
  return Math.max(...at) - Math.min(...at);
}

describe('compactHeap', () => {
  test('what is allocated after the gaps are filled lies side by side', async () => {
    expect(spread(await createTornHeap())).toBeGreaterThan(10_000);
    const module = await createTornHeap();
    compactHeap({ module });
    expect(spread(module)).toBeLessThan(2_000);
  });

  test('of a heap that has many gaps, most are left to the calls', async () => {
    const { module } = await createInstance(await compileEngine(), { maxBytes: 16 << 20 });
    const used = Array.from({ length: 20_000 }, () => [module._malloc(60), module._malloc(60)]);
    const gaps = new Set(used.map(([gap]) => gap!)); // 64 bytes each, 1.2 MiB
    for (const gap of gaps) module._free(gap);
    compactHeap({ module });
    const again = Array.from({ length: 20_000 }, () => module._malloc(60)).filter((at) => gaps.has(at));
    expect(again.length).toBeGreaterThan(15_000);
  });

  test('a heap that is full stays usable', async () => {
    const { module } = await createInstance(await compileEngine(), { maxBytes: 6 << 20 });
    const all: number[] = [];
    for (let bytes = 1 << 20; bytes >= 16; bytes /= 2) {
      for (let at = module._malloc(bytes); at !== 0; at = module._malloc(bytes)) all.push(at);
    }
    compactHeap({ module });
    for (const at of all) module._free(at);
    expect(module._malloc(1 << 16)).not.toBe(0);
  });
});
