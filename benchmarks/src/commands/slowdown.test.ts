import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { SubjectResult, SuiteResult } from '../results.js';
import { runSuite } from '../run/run-suite.js';
import type { SubjectSpec, Suite } from '../run/subject.js';
import { createRandom } from '../stats/random.js';
import { createCallSuite } from '../suites/engine.js';
import { compareCommand } from './compare.js';

/** Name of the subject that is compared, in the suite and in the files. */
const NAME = 'Sandglass, pristine';
/** The three engines: as it is, with a fifth of its calls made twice, and as it is once more. */
const VARIANTS = { before: 0, slower: 20, again: 0 } as const;
type Variant = keyof typeof VARIANTS;
/** Of which all but the last found only noise. */
const MAX_MEASUREMENTS = 4;

/**
 * Timed, so not part of `pnpm test`: it runs with SANDGLASS_TIMED=1. The three engines are sampled
 * in turn, in processor time, compared launch by launch, and the best tenth of many short samples
 * stands for a launch. While other work leaves the comparison open all the same ("noise"), the
 * whole is measured again, as one would.
 */
describe.runIf(process.env['SANDGLASS_TIMED'])("the engine's call path, timed side by side", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandglass-compare-'));
    for (let left = MAX_MEASUREMENTS; left > 0; left--) {
      await measure();
      const { lines } = await compare('before', 'slower');
      if (!lines[0]?.startsWith('noise')) return;
    }
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function measure(): Promise<void> {
    const result = await runSuite(createSuite(), { random: createRandom(1) });
    for (const { error } of result.subjects) if (error !== undefined) throw new Error(error);
    for (const variant of Object.keys(VARIANTS) as Variant[]) {
      await writeFile(
        join(folder, variant),
        JSON.stringify({ startedAt: 'once', seed: 1, suites: [only(result, variant)] }),
      );
    }
  }

  async function compare(before: Variant, after: Variant): Promise<{ exitCode: number; lines: string[] }> {
    const lines: string[] = [];
    const files = [join(folder, before), join(folder, after)];
    const exitCode = await compareCommand([...files, '--all'], (line) => lines.push(line));
    expect(lines).toHaveLength(2);
    return { exitCode, lines };
  }

  test('a slowdown of 20 % is found', async () => {
    const { exitCode, lines } = await compare('before', 'slower');
    expect(lines[0]).toMatch(/^worse +1\.[12]\d*× .*Sandglass, pristine/);
    expect(exitCode).toBe(1);
  });

  test('so is the gain of undoing it', async () => {
    const { exitCode, lines } = await compare('slower', 'before');
    expect(lines[0]).toMatch(/^better +0\.[789]\d*× .*Sandglass, pristine/);
    expect(exitCode).toBe(0);
  });

  test('the same engine shows no change', async () => {
    const { exitCode, lines } = await compare('before', 'again');
    expect(lines[1]).toMatch(/^0 worse, 0 better/);
    expect(exitCode).toBe(0);
  });
});

function createSuite(): Suite {
  const subjects = Object.entries(VARIANTS).flatMap(([variant, slowdownPercent]): SubjectSpec[] => {
    const subject = createCallSuite({ slowdownPercent }).subjects.find(({ name }) => name === NAME);
    return subject ? [{ ...subject, name: variant }] : [];
  });
  // Beside other work an odd launch or two must not matter, and the compilers need their time.
  const timing = { launches: 11, rounds: 20, warmUpMs: 600, sampleMs: 4 };
  return { name: 'engine-call', title: 'A call', unit: 'ns', clock: 'cpu', ...timing, subjects };
}

/** The suite as if it were of one of the engines alone. */
function only(suite: SuiteResult, variant: Variant): SuiteResult {
  const { samples } = suite.subjects.find(({ name }) => name === variant) as SubjectResult;
  return { ...suite, subjects: [{ name: NAME, samples }] };
}
