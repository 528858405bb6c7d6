import { DEFAULT_LIMITS, encodeValue, SLOT, type ExtensionWire } from '@sandglass/core';
import type * as core from '@sandglass/core';
import { describe, expect, test, vi } from 'vitest';

import { createEngine } from './engine.js';

const slots = new Int32Array(SLOT.length);
const seen: number[] = [];

vi.mock('@sandglass/core', async (load) => {
  const actual = await load<typeof core>();
  const writeResult: typeof core.writeResult = (...args) => {
    seen.push(Atomics.load(slots, SLOT.callId));
    return actual.writeResult(...args);
  };
  return { ...actual, writeResult };
});

const extension: ExtensionWire = {
  id: 1,
  name: 'long',
  type: 'operation',
  filename: 'index.js',
  source: "export default { id: 'long', handler: (length) => 'x'.repeat(length) };",
  isolation: 'pristine',
  limits: DEFAULT_LIMITS,
  capabilities: [],
  nodeEnv: null,
};

describe('shapeResult', () => {
  test.each([10, 100_000])('a watchdog sees no slice of a call while its result is shaped: %i', async (length) => {
    const engine = await createEngine({ slots, onOutcomes: () => {}, onCapabilities: () => {} });
    await engine.load(extension);
    const outcome = engine.run({ callId: 7, extensionId: 1, handler: 0, argument: encodeValue(length) });
    expect(outcome?.ok).toBe(true);
    expect(seen.pop()).toBe(0);
    engine.close();
  });
});
