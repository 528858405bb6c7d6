import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readCorpus } from './corpus.js';
import { answerLikeHost, TestEngine } from './open-engine.js';
import { allowedOutcomes, toOutcome } from './outcomes.js';

const LIMITS = { cpuTimeMs: 300, loadTimeMs: 300 };
/** For cases that must not time out, however busy the machine is. */
const PATIENT = { cpuTimeMs: 20_000 };

/** Waits for what never comes: the host's wall clock ends it, by aborting the call. */
const NEVER_SETTLES = '66-never-resolves.js';

let engine: TestEngine;

/** The case's handler answers to `check` with what a call before it left behind. */
function withCheck(source: string): string {
  return `
const before = () => [Reflect.ownKeys(globalThis).length, Reflect.ownKeys(Object.prototype).length, Reflect.ownKeys(Array.prototype).length].join();
const wanted = before();
let calls = 0;
const check = () => {
  calls++;
  const works = JSON.stringify(new Map([['a', [1, 2, 3].map((n) => n * 2)]]).get('a')) + 'x'.repeat(100_000).length;
  return { pristine: before() === wanted && calls === 1, works };
};
${source.replace("{ id: 'probe', handler: probe }", "{ id: 'probe', handler: (what) => (what === 'check' ? check() : (calls++, probe())) }")}`;
}

const cases = readCorpus('exhaustion').filter(({ file }) => file !== NEVER_SETTLES);

const calls = cases.filter(({ phase }) => phase !== 'load');

describe('exhaustion', () => {
  beforeAll(async () => {
    engine = await TestEngine.open({ answer: answerLikeHost });
  });

  afterAll(() => engine.engine.close());

  test.each(cases.filter(({ phase }) => phase === 'load'))('$file ends its load with $expect', async (each) => {
    const { error } = await engine.tryLoad(engine.describe(each.source, { limits: LIMITS }));
    expect(allowedOutcomes(each)).toContain(toOutcome(error?.code));
  });

  test.each(calls)('$file ends with $expect, and the next call finds nothing of it', async (each) => {
    const limits = allowedOutcomes(each).includes('timeout') ? LIMITS : PATIENT;
    const id = await engine.load(withCheck(each.source), { limits });
    for (let run = 0; run < 2; run++) {
      const ended = await engine.call(id);
      expect(allowedOutcomes(each)).toContain(toOutcome(ended.code));
      expect(ended.message ?? '').not.toMatch(/RangeError|Maximum call stack|Aborted|unreachable|memory access/);
      expect(await engine.value(id, 'check')).toEqual({ pristine: true, works: '[2,4,6]100000' });
    }
    engine.engine.forget(id);
  });

  test(`${NEVER_SETTLES} is aborted, and the next call finds nothing of it`, async () => {
    const { source } = readCorpus('exhaustion').find(({ file }) => file === NEVER_SETTLES)!;
    const id = await engine.load(withCheck(source));
    const { callId } = engine.start(id);
    engine.engine.abort([callId]);
    expect(await engine.value(id, 'check')).toEqual({ pristine: true, works: '[2,4,6]100000' });
  });
});
