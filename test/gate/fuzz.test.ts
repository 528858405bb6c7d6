import { describe, expect, test } from 'vitest';
import { URL as OtherUrl } from 'whatwg-url';

import { type RequestGate, compileRequestScope } from '../../packages/host/src/gate/index.js';
import { type Pair, createRandom, generatePair } from './grammar.js';

const PAIRS = Number(process.env['SANDGLASS_FUZZ'] ?? 20_000);
const SEED = Number(process.env['SANDGLASS_FUZZ_SEED'] ?? 1);

/** Compiled patterns; null for one that is refused. The grammar makes a few thousand. */
const gates = new Map<string, RequestGate | null>();

function gateFor(pattern: string): RequestGate | null {
  let gate = gates.get(pattern);
  if (gate === undefined) gates.set(pattern, (gate = tryCompile(pattern)));
  return gate;
}

function tryCompile(pattern: string): RequestGate | null {
  try {
    return compileRequestScope({ urls: [pattern], methods: [] });
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_MANIFEST' });
    return null;
  }
}

/** How another parser reads what the gate accepted; null where they agree. */
function findDifference({ url: raw }: Pair, accepted: URL): string | null {
  for (const Parser of [URL, OtherUrl]) {
    const read = parse(Parser, raw);
    const same =
      read?.hostname === accepted.hostname &&
      read.port === accepted.port &&
      encodeRest(read.href) === encodeRest(accepted.href);
    if (!same) {
      return `${JSON.stringify(raw)}: sent to ${accepted.href}, read as ${read?.href ?? 'no URL'}`;
    }
  }
  return null;
}

/** What parsers leave as it is, and the gate encodes (docs/contract.md §6). */
function encodeRest(href: string): string {
  return href.replaceAll(/[\\^`{|}]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function parse(
  Parser: typeof URL | typeof OtherUrl,
  raw: string,
): { hostname: string; port: string; href: string } | undefined {
  try {
    const url = new Parser(raw);
    url.hash = '';
    return url;
  } catch {
    return undefined;
  }
}

/**
 * What the pattern promises, read without the gate's code: the host is the pattern's own, or below
 * it.
 */
function leavesPattern({ pattern }: Pair, accepted: URL): boolean {
  const host = pattern
    .replace(/^[^/]*\/\//, '')
    .replace(/[/?].*$/, '')
    .replace(/\*+$/, '')
    .replace(/:(?:\d+|\*)?$/, '')
    .replace(/\*+$/, '');
  if (host === '') return false;
  const name = new OtherUrl(`http://${host.replace(/^\*+\./, '')}/`).hostname;
  return host.startsWith('*') ? !accepted.hostname.endsWith(`.${name}`) : accepted.hostname !== name;
}

describe('fuzzed URLs', () => {
  test(
    `${PAIRS} fuzzed pairs: none is accepted with a host that a parser reads differently`,
    { timeout: 600_000 },
    () => {
      const random = createRandom(SEED);
      const differences: string[] = [];
      let accepted = 0;
      for (let index = 0; index < PAIRS; index++) {
        const pair = generatePair(random);
        const decision = gateFor(pair.pattern)?.matchUrl(pair.url);
        if (!decision?.ok) continue;
        accepted++;
        const difference =
          findDifference(pair, decision.url) ??
          (leavesPattern(pair, decision.url) ? `${JSON.stringify(pair)} left its pattern` : null);
        if (difference !== null && !differences.includes(difference)) differences.push(difference);
      }
      expect(differences).toEqual([]);
      expect(accepted).toBeGreaterThan(PAIRS / 100); // the grammar does reach the gate's yes
      console.log(`${PAIRS} pairs, ${accepted} accepted, ${gates.size} patterns`);
    },
  );
});
