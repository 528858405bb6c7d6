/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
import { expect } from 'vitest';

import type { Bench, LoadRowOptions } from './bench.js';
import type { Sentence } from './contract.js';

/** One case, and the sentence of the contract that it holds the product to. */
export interface Row {
  sentence: Sentence;
  title: string;
  run: (bench: Bench) => Promise<void>;
}

export function row(sentence: Sentence, title: string, run: Row['run']): Row {
  return { sentence, title, run };
}

/** What guest bodies may use beside `directus:api`: how something ended, in one string. */
const HELPERS = `
import { log, sleep, request } from 'directus:api';
const ended = (error) => (error instanceof Error ? error.name + ': ' + error.message : 'no Error: ' + String(error));
const attempt = async (run) => { try { return ['returned', await run()]; } catch (error) { return ended(error); } };
const attemptSync = (run) => { try { const value = run(); if (value instanceof Promise) { value.catch(() => {}); return 'a promise'; } return ['returned', value]; } catch (error) { return ended(error); } };
`;

export interface BodyOptions extends LoadRowOptions {
  payload?: unknown;
  /** Statements of the module, before the handler. */
  module?: string;
}

/**
 * Runs the body of a filter on `payload` and resolves to what it returned. `upstream` is the origin
 * of the server.
 */
export async function runBody(
  bench: Bench,
  body: string,
  { payload, module = '', ...options }: BodyOptions = {},
): Promise<unknown> {
  const source = `${HELPERS}const upstream = '${bench.upstream.origin}';\n${module}\nexport default ({ filter }) => filter('row', async (payload) => { ${body} });`;
  await using _ = await bench.load('hook', source, options);
  return await bench.host.filter('row', payload); // before the extension is let go
}

type Made = (bench: Bench) => unknown;

/** The body returns this value. */
export function gives(sentence: Sentence, body: string, expected: unknown, options: BodyOptions = {}): Row {
  return row(sentence, title(body, options), async (bench) => {
    const value = await runBody(bench, body, options);
    expect(value).toStrictEqual(typeof expected === 'function' ? (expected as Made)(bench) : expected);
  });
}

/** The call fails with an error that has these properties. */
export function fails(sentence: Sentence, body: string, properties: object, options: BodyOptions = {}): Row {
  return row(sentence, title(body, options), async (bench) => {
    await expect(runBody(bench, body, options)).rejects.toMatchObject(properties);
  });
}

function title(body: string, { module = '', scopes }: BodyOptions): string {
  return [module, body, scopes && `with ${JSON.stringify(scopes)}`].filter(Boolean).join(' | ').slice(0, 160);
}
