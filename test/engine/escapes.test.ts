import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readCorpus } from './corpus.js';
import { answerLikeHost, TestEngine } from './open-engine.js';

/** Probes that must end otherwise than with `contained`, and why (docs/security.md). */
const OTHER: Readonly<Record<string, string>> = {
  // There is no wrapper to break out of: the text is no module.
  '59-wrapper-breakout.js': 'E_LOAD',
};

/**
 * Probes that take any `process` for the host's. The contract has one, with `env.NODE_ENV` and
 * nothing else.
 */
const SEES_PROCESS: Readonly<Record<string, string>> = {
  '07-generator-ctor.js': 'ESCAPED: object|undefined object|undefined',
  '47-with-unscopables.js': 'ESCAPED: process',
};

let engine: TestEngine;
let hostPrototype: string[];

/** Own keys of everything that a careless copy could pollute. */
function describePrototypes(): string[] {
  return [Object, Array, Function, Promise, Error, String, RegExp, Map].flatMap(({ name, prototype }) =>
    Reflect.ownKeys(prototype).map((key) => `${name}.${String(key)}`),
  );
}

async function run(source: string, nodeEnv: string | null): Promise<string[]> {
  const options = { limits: { cpuTimeMs: 300 }, nodeEnv };
  const tenants: number[] = [];
  for (const name of ['first', 'second']) {
    const extension = engine.describe(source, { ...options, name });
    const { error } = await engine.tryLoad(extension);
    if (error) return [error.code];
    tenants.push(extension.id);
  }
  const answers: string[] = [];
  for (const id of tenants.flatMap((tenant) => [tenant, tenant])) {
    const ended = await engine.call(id);
    answers.push(ended.ok ? String(ended.value) : String(ended.code));
  }
  return answers;
}

const cases = readCorpus('escapes');

describe('escapes', () => {
  beforeAll(async () => {
    hostPrototype = describePrototypes();
    engine = await TestEngine.open({ answer: answerLikeHost });
  });

  afterAll(() => engine.engine.close());

  test.each(cases)('$file stays inside, twice and for each of two tenants', async ({ file, source }) => {
    const answers = await run(source, 'production');
    for (const answer of answers) expect(answer).toBe(SEES_PROCESS[file] ?? OTHER[file] ?? 'contained');
  });

  test.each(cases)('$file stays inside a realm without process and console', async ({ file, source }) => {
    const answers = await run(source, null);
    for (const answer of answers) expect(answer).toBe(OTHER[file] ?? 'contained');
  });

  test("the host's prototypes are as they were before all of them", () => {
    expect(describePrototypes()).toEqual(hostPrototype);
  });

  test('the process that a guest sees holds NODE_ENV and nothing else', async () => {
    const id = await engine.handler(`() => {
    const all = (object) => Reflect.ownKeys(object).map((key) => [String(key), typeof object[key]]);
    return [all(process), all(process.env), Object.getPrototypeOf(process) === Object.prototype, process.env.NODE_ENV];
  }`);
    expect(await engine.value(id)).toEqual([[['env', 'object']], [['NODE_ENV', 'string']], true, 'production']);
  });
});
