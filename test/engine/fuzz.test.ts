import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { MemoryWatch, restedBytesOf } from './memories.js';
import { TestEngine } from './open-engine.js';
import { PROGRAM } from './programs.js';

/** `SANDGLASS_FUZZ=10000 npx vitest run test/engine/fuzz.test.ts` runs more. */
const PROGRAMS = Number(process.env['SANDGLASS_FUZZ'] ?? 300);
const SEED = Number(process.env['SANDGLASS_FUZZ_SEED'] ?? 1);

/** A sandbox is used for so many: the first write to a card is restored otherwise than the next. */
const PROGRAMS_PER_SANDBOX = 50;

/** Runs the program that its argument is. */
const HANDLER = `async (program) => {
  const AsyncFunction = (async () => {}).constructor;
  return AsyncFunction('sleep', 'log', program)(sleep, log);
}`;

interface Fresh {
  engine: TestEngine;
  id: number;
  memory: WebAssembly.Memory;
  bytes: Buffer;
}

let watch: MemoryWatch;

/** A sandbox that no call was in, and every byte of it. */
async function openFresh(): Promise<Fresh> {
  const engine = await TestEngine.open();
  const made = watch.memories.length;
  const id = await engine.handler(HANDLER, { limits: { cpuTimeMs: 1_000, memoryLimitBytes: 8 << 20 } });
  const memory = watch.memories[made]!;
  return { engine, id, memory, bytes: restedBytesOf(memory) };
}

/** Where a memory differs from a fresh one, beyond which it has to be zero; -1 for nowhere. */
function findDifference(after: Buffer, fresh: Buffer): number {
  if (!after.subarray(0, fresh.length).equals(fresh)) return after.findIndex((byte, at) => byte !== (fresh[at] ?? 0));
  const grown = after.subarray(fresh.length).findIndex((byte) => byte !== 0);
  return grown === -1 ? -1 : fresh.length + grown;
}

describe('after a random program', () => {
  let fresh: Fresh;

  beforeAll(async () => {
    watch = new MemoryWatch();
    fresh = await openFresh();
  });

  afterAll(() => {
    fresh.engine.engine.close();
    watch.close();
  });

  test(
    'every byte of memory is that of a sandbox that no call was in',
    async () => {
      let programs = 0;
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(PROGRAM, async (program) => {
          if (++programs % PROGRAMS_PER_SANDBOX === 0) {
            fresh.engine.engine.close();
            fresh = await openFresh();
          }
          const { engine, id, memory, bytes } = fresh;
          const { replacements } = engine.engine.stats();
          await engine.start(id, program).over;
          if (engine.engine.stats().replacements > replacements) {
            programs = PROGRAMS_PER_SANDBOX - 1; // it was given up
            return;
          }
          compared++;
          const difference = findDifference(restedBytesOf(memory), bytes);
          // its sandbox is of no use any more
          if (difference !== -1) programs = PROGRAMS_PER_SANDBOX - 1;
          expect(difference).toBe(-1);
        }),
        { numRuns: PROGRAMS, seed: SEED },
      );
      expect(compared).toBeGreaterThan(PROGRAMS * 0.9);
    },
    60_000 + PROGRAMS * 100,
  );
});
