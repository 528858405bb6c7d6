import { Worker } from 'node:worker_threads';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { readCorpus, type CorpusCase } from './corpus.js';
import { answerLikeHost, CAPABILITIES, TestEngine, type Ended } from './open-engine.js';

const LIMITS = { cpuTimeMs: 300, loadTimeMs: 300 };
/** For cases that must not time out, however busy the machine is. */
const PATIENT = { cpuTimeMs: 20_000 };

/** The corpus' words for the codes. */
const OUTCOMES: Readonly<Record<string, string>> = {
  E_CPU: 'timeout',
  E_WALL: 'timeout',
  E_MEMORY: 'memory',
  E_STACK: 'stack',
  E_QUOTA: 'quota',
  E_GUEST: 'error',
  E_CLONE: 'error',
};

/** Cases that end otherwise than the corpus says. */
const ALSO_ALLOWED: Readonly<Record<string, string>> = {
  // Jobs left behind are dropped with the sandbox, so that nothing is left that could run out of time.
  '07-then-chain.js': 'ok',
  // The engine compiles counted repetitions into loops: nothing explodes.
  '14-regex-compile-bomb.js': 'ok',
  // A Proxy is refused by name, without a trap being called.
  '51-return-infinite-tojson.js': 'error',
};

/** Natives that never ask whether to go on: only ending their thread ends them. */
const NEVER_POLL: ReadonlySet<string> = new Set([
  '15-array-indexof-arraylike.js',
  '17-array-join-holes.js',
  '18-array-tostring-1e9.js',
  '26-string-compare-loop.js',
  '27-combining-normalize.js',
  '47-json-stringify-dag.js',
]);

/** Waits for what never comes: the host's wall clock ends it, by aborting the call. */
const NEVER_SETTLES = '66-never-resolves.js';

let engine: TestEngine;

beforeAll(async () => {
  engine = await TestEngine.open({ answer: answerLikeHost });
});

afterAll(() => engine.engine.close());

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

const outcomeOf = ({ ok, code }: Ended): string => (ok ? 'ok' : (OUTCOMES[code!] ?? `unexpected ${code}`));

function allowed({ file, expect }: CorpusCase): string[] {
  return [...expect.split(','), ALSO_ALLOWED[file] ?? ''].map((each) => each.replace('(kill)', '').trim());
}

const cases = readCorpus('exhaustion').filter(({ file }) => !NEVER_POLL.has(file) && file !== NEVER_SETTLES);

test.each(cases.filter(({ phase }) => phase === 'load'))('$file ends its load with $expect', async (each) => {
  const { error } = await engine.tryLoad(engine.describe(each.source, { limits: LIMITS }));
  expect(allowed(each)).toContain(OUTCOMES[error!.code]);
});

const calls = cases.filter(({ phase }) => phase !== 'load');

test.each(calls)('$file ends with $expect, and the next call finds nothing of it', async (each) => {
  const limits = allowed(each).includes('timeout') ? LIMITS : PATIENT;
  const id = await engine.load(withCheck(each.source), { limits });
  for (let run = 0; run < 2; run++) {
    const ended = await engine.call(id);
    expect(allowed(each)).toContain(outcomeOf(ended));
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

test.each(readCorpus('exhaustion').filter(({ file }) => NEVER_POLL.has(file)))(
  '$file ends with its thread, whatever it does',
  async ({ source }) => {
    const extension = { ...engine.describe(source, { limits: LIMITS }), capabilities: CAPABILITIES };
    const worker = new Worker(new URL('case-worker.mjs', import.meta.url), {
      workerData: { extension, answer: undefined },
      resourceLimits: { stackSizeMb: 16 },
    });
    const messages: { type: string; code?: string }[] = [];
    const failed = new Promise((_, reject) => worker.on('error', reject));
    const ready = new Promise<void>((resolve) => {
      worker.on('message', (message: { type: string; code?: string }) => {
        messages.push(message);
        if (message.type === 'started') resolve();
      });
    });
    await Promise.race([ready, failed]);
    const code = await worker.terminate();
    expect(code).toBe(1);
    const codes = messages.filter(({ type }) => type === 'ended').map((message) => OUTCOMES[message.code!]);
    expect(codes).not.toContain(undefined);
  },
);
