import { describe, expect, test } from 'vitest';

import type { Peer } from './catalogue.js';
import { explainNode, fits, installPeers } from './install.js';

const PEER: Peer = { name: 'addon', packages: ['addon@2.0.0'], files: ['addon.mjs'], modes: [] };

describe('installPeers', () => {
  test.each([
    [{ min: 22 }, 20, false],
    [{ min: 22 }, 24, true],
    [{ min: 20, below: 22 }, 22, false],
    [{ min: 20, below: 22 }, 21, true],
    [undefined, 20, true],
  ] as const)('a peer for Node %j on Node %i: %s', (node, major, expected) => {
    expect(fits({ ...PEER, ...(node ? { node } : {}) }, major)).toBe(expected);
  });

  test('a peer that no version of fits this Node is absent, with a Node that it runs on', async () => {
    const versions = [
      { ...PEER, node: { min: 97, below: 99 } },
      { ...PEER, packages: ['addon@3.0.0'], node: { min: 99 } },
    ];
    const asked: string[] = [];
    const { installed, absent } = await installPeers((name) => asked.push(name), versions);
    expect([installed, asked]).toEqual([[], []]);
    expect(absent).toContainEqual({ name: 'addon', reason: explainNode(versions) });
    expect(explainNode(versions)).toBe(
      'addon@2.0.0 runs on Node 97 to 98 (npm install node@97); addon@3.0.0 runs on Node 99 and later (npm install node@99)',
    );
  });

  test('what can run on no Node is absent with its reason', async () => {
    const { absent } = await installPeers(() => undefined, []);
    expect(absent).toEqual([{ name: 'Extism', reason: expect.stringContaining('extism-js') }]);
  });
});
