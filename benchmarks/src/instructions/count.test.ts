import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { compareCommand } from '../commands/compare.js';
import { createCallSuite } from '../suites/engine.js';
import { canCount, parseCount } from './count.js';
import { runInstructionSuite } from './suite.js';

const COUNTS = await canCount();

describe('countInstructions', () => {
  test('the total of a dump is read', () => {
    expect(parseCount('version: 1\nevents: Ir\nsummary: 23368798 128119\n')).toBe(23_368_798);
  });

  test('anything else is refused', () => {
    expect(() => parseCount('version: 1\n')).toThrow("Cannot read callgrind's dump");
  });

  // Each count takes half a minute, whatever else the machine does; it does not change what is
  // counted.
  describe.skipIf(!COUNTS)("the engine's call path, counted by valgrind", () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sandglass-compare-'));
      await Promise.all([count('before', 0), count('again', 0), count('slower', 20)]);
    }, 600_000);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    async function count(file: string, slowdownPercent: number): Promise<void> {
      const subjects = createCallSuite({ slowdownPercent }).subjects.filter(
        ({ name }) => name === 'Sandglass, pristine',
      );
      const suite = await runInstructionSuite(subjects, { launches: 1 });
      expect(suite.subjects).toHaveLength(1);
      await writeFile(join(folder, file), JSON.stringify({ suites: [suite] }));
    }

    async function compare(
      before: string,
      after: string,
      threshold: string,
    ): Promise<{ exitCode: number; lines: string[] }> {
      const lines: string[] = [];
      const files = [join(folder, before), join(folder, after)];
      const exitCode = await compareCommand([...files, '--threshold', threshold, '--all'], (line) => lines.push(line));
      return { exitCode, lines };
    }

    test('a slowdown of 20 % is found', async () => {
      const { exitCode, lines } = await compare('before', 'slower', '10%');
      expect(lines[0]).toMatch(/^worse +1\.(19|2|20)\d?×.*Sandglass, pristine/);
      expect(lines[1]).toMatch(/^1 worse, 0 better/);
      expect(exitCode).toBe(1);
    });

    test('two counts of the same engine agree within 0.1 %', async () => {
      const { exitCode, lines } = await compare('before', 'again', '0.1%');
      expect(lines[1]).toBe('0 worse, 0 better, 0 noise, 1 unchanged');
      expect(exitCode).toBe(0);
    });
  });
});
