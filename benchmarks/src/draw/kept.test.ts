import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { Results, SuiteResult } from '../results.js';
import { drawCharts } from './charts.js';
import { keepResults, readKept, replaceBlock } from './kept.js';
import { toLosses } from './losses.js';

function results(suites: SuiteResult[]): Results {
  const machine = { cpu: 'test', cores: 2, memoryBytes: 1, platform: 'test' };
  return { machine, versions: {}, startedAt: '2026-01-01', durationMs: 1, seed: 0, suites, absent: [] };
}

function suite(name: string, costs: Record<string, number>): SuiteResult {
  const subjects = Object.entries(costs).map(([subject, cost]) => ({ name: subject, samples: [[cost, cost]] }));
  return { name, title: `Title, ${name}`, unit: 'ns', subjects };
}

describe('results that are kept', () => {
  test('results are kept compact and read back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandglass-kept-'));
    try {
      const path = join(folder, 'bench.json');
      await writeFile(path, JSON.stringify(results([suite('one', { call: 1234.5678 }), suite('two', { call: 1 })])));
      await keepResults(path, folder);
      const text = await readFile(join(folder, 'results', 'bench.json'), 'utf8');
      expect(text.split('\n')).toHaveLength(5);
      expect(await readKept(folder)).toEqual([
        { name: 'bench', results: results([suite('one', { call: 1235 }), suite('two', { call: 1 })]) },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('nothing kept, nothing read', async () => {
    expect(await readKept(join(tmpdir(), 'sandglass-absent'))).toEqual([]);
  });

  test('a block is replaced and the rest of the document stays', () => {
    const text = 'before\n<!-- generated: a -->\nold\n<!-- end of a -->\nafter\n';
    const once = replaceBlock(text, 'a', 'new\n');
    expect(once).toBe('before\n<!-- generated: a -->\n\nnew\n\n<!-- end of a -->\nafter\n');
    expect(replaceBlock(once, 'a', 'new')).toBe(once);
    expect(() => replaceBlock(text, 'b', 'new')).toThrow('its marks are missing');
  });

  test('a chart shows the subjects of its kind, light and dark; one without results is left out', () => {
    const charts = drawCharts(
      [results([suite('calls', { 'peer, fresh': 2, 'peer, persistent': 1, 'Sandglass, pristine': 3 })])],
      [
        { name: 'isolation', suite: 'calls', title: 'Isolation', only: /fresh|pristine/ },
        { name: 'absent', suite: 'absent' },
      ],
    );
    expect([...charts.keys()]).toEqual(['isolation-light.svg', 'isolation-dark.svg']);
    const chart = charts.get('isolation-light.svg');
    expect(chart).toContain('Sandglass, pristine');
    expect(chart).toContain('<title>Isolation</title>');
    expect(chart).not.toContain('persistent');
  });

  test('where others are faster is told with the ratio, and slower ones are not', () => {
    const text = toLosses([
      results([
        suite('engine-cpu-sort', { 'Sandglass, pristine': 4000, 'V8, no sandbox': 1000 }),
        suite('peers-cpu', {
          'Sandglass, persistent, engine alone': 40_000,
          'isolated-vm, persistent, blocking': 2_000,
        }),
        suite('peers-empty', { 'Sandglass, pristine, calling thread': 10_000, quick: 5000, slow: 20_000 }),
      ]),
    ]);
    expect(text).toMatch(/engine-cpu-sort +\| +4 µs \| 1 µs \| +4× \|/);
    expect(text).toContain('- **Title, peers-empty**, 10 µs: quick 2×');
    expect(text).toContain('a JIT is 20× as fast');
    expect(text).not.toContain('slow');
  });
});
