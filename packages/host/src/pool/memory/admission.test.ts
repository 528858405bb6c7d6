import { MemoryBudget } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { PoolExtension } from '../jobs/pool-extension.js';
import { extensionWire } from '../testing/fake-lanes.js';
import { Admission } from './admission.js';
import { HeldBytes } from './held-bytes.js';

const MIB = 1 << 20;

interface Case {
  /** Of 100 MiB. */
  used: number;
  /** Calls of the extension on lanes, of all calls there. */
  sent: number;
  of?: number;
  /** Heap that its calls hold. */
  heap?: number;
  /** Extensions that have calls queued. */
  extensions?: number;
  isolation?: 'pristine' | 'persistent';
  /** Of results that are being decoded. */
  results?: number;
}

function admits({
  used,
  sent,
  of = sent,
  heap = 0,
  extensions = 1,
  isolation = 'pristine',
  results = 0,
}: Case): boolean {
  const budget = MemoryBudget.create(1, 100 * MIB);
  budget.charge(0, used * MIB);
  const extension = new PoolExtension(extensionWire(1, { maxConcurrentCalls: 50 }, isolation));
  extension.live = sent;
  extension.memory.learn(heap * MIB);
  const held = new HeldBytes(100 * MIB);
  held.holdResult(results * MIB);
  const admission = new Admission(budget, held);
  admission.look(extensions, of);
  return admission.admits(extension);
}

describe('Admission', () => {
  test.each<[string, boolean, Case]>([
    ['the first call of an extension, however little is left', true, { used: 100, sent: 0, of: 80 }],
    [
      'the first call of an extension, however many results are decoded',
      true,
      { used: 0, sent: 0, of: 80, results: 50 },
    ],
    ['no more while many results are decoded', false, { used: 1, sent: 1, results: 13 }],
    ['more while few results are decoded', true, { used: 1, sent: 1, results: 12 }],
    ['any call while there is room', true, { used: 50, sent: 30 }],
    ['no more than its limit', false, { used: 1, sent: 50 }],
    ['no more of an extension that has its share', false, { used: 90, sent: 30 }],
    ['more of one that has less than its share', true, { used: 90, sent: 3, of: 40, extensions: 2 }],
    ['no more than what its calls hold would fit in', false, { used: 10, sent: 4, heap: 20 }],
    ['as many as fit', true, { used: 10, sent: 2, heap: 20 }],
    ['no large one where a small one would fit', false, { used: 80, sent: 4, heap: 10 }],
    ['calls that share a sandbox', true, { used: 100, sent: 30, isolation: 'persistent' }],
  ])('admitted: %s', (_what, expected, given) => {
    expect(admits(given)).toBe(expected);
  });

  test('large calls that go together are counted together', () => {
    const budget = MemoryBudget.create(1, 100 * MIB);
    budget.charge(0, 40 * MIB);
    const extension = new PoolExtension(extensionWire(1));
    extension.memory.learn(10 * MIB);
    const admission = new Admission(budget, new HeldBytes());
    admission.look(1, 1);
    const admitted = Array.from({ length: 10 }, (_, sent) => {
      extension.live = sent + 1;
      return admission.admits(extension);
    });
    expect(admitted.filter(Boolean)).toHaveLength(3); // of 75 - 40 MiB
  });
});
