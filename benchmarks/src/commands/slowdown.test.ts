import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { SuiteResult } from '../results.js';
import { runSuite } from '../run/run-suite.js';
import { createRandom } from '../stats/random.js';
import { createCallSuite } from '../suites/engine.js';
import { compareCommand } from './compare.js';

/** Subjects of the suite but its reference. */
const COMPARED = 4;

/**
 * The engine's own suite, run three times: as it is, with a fifth of its calls made twice, and as it is once more.
 *
 * Times, so only for a quiet machine: set `BENCH_TIMES`. `instructions/count.test.ts` shows the same by counts on any machine.
 */
describe.runIf(process.env['BENCH_TIMES'] !== undefined)("the engine's call path, timed", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandglass-compare-'));
    for (const [file, slowdownPercent] of [
      ['before', 0],
      ['slower', 20],
      ['again', 0],
    ] as const) {
      await writeFile(join(folder, file), JSON.stringify({ suites: [await run(slowdownPercent)] }));
    }
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function run(slowdownPercent: number): Promise<SuiteResult> {
    // Many short launches: what differs between processes of one program is the greater part of the noise.
    const suite = { ...createCallSuite({ slowdownPercent }), launches: 9, rounds: 12, warmUpMs: 60, sampleMs: 5 };
    return runSuite(suite, { random: createRandom(1) });
  }

  async function compare(before: string, after: string): Promise<{ exitCode: number; lines: string[] }> {
    const lines: string[] = [];
    const files = [join(folder, before), join(folder, after)];
    const exitCode = await compareCommand([...files, '--all'], (line) => lines.push(line));
    expect(lines).toHaveLength(COMPARED + 1);
    return { exitCode, lines };
  }

  test('a slowdown of 20 % is found', async () => {
    const { exitCode, lines } = await compare('before', 'slower');
    expect(lines.filter((line) => line.startsWith('worse'))).toEqual([expect.stringContaining('Sandglass, pristine')]);
    expect(exitCode).toBe(1);
  });

  test('two runs of the same engine show no change', async () => {
    const { exitCode, lines } = await compare('before', 'again');
    expect(lines.at(-1)).toMatch(/^0 worse, 0 better/);
    expect(exitCode).toBe(0);
  });
});
