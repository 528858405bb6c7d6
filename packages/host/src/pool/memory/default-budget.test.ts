import { describe, expect, test } from 'vitest';

import { defaultMaxMemoryBytes } from './default-budget.js';

const GIB = 1 << 30;

describe('defaultMaxMemoryBytes', () => {
  test.each([
    ['a container with a limit', { constrainedMemory: () => GIB, availableMemory: () => GIB }, GIB / 2],
    ['a machine that others fill', { constrainedMemory: () => 0, availableMemory: () => 3 * GIB }, 1.5 * GIB],
    ['no limit, as Node tells it', { constrainedMemory: () => 2 ** 64, availableMemory: () => 8 * GIB }, 4 * GIB],
    ['a runtime that does not say', {}, 8 * GIB],
    ['a small function', { constrainedMemory: () => GIB / 8, availableMemory: () => GIB / 16 }, GIB / 16],
  ])('half of what the process may use: %s', (_name, memory, expected) => {
    expect(defaultMaxMemoryBytes(memory, 16 * GIB)).toBe(expected);
  });
});
