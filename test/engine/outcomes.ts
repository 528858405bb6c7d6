import type { CorpusCase } from './corpus.js';

/** The words of the corpus `exhaustion` for the codes. */
const OUTCOMES: Readonly<Record<string, string>> = {
  E_CPU: 'timeout',
  E_WALL: 'timeout',
  E_HANG: 'timeout',
  E_MEMORY: 'memory',
  E_STACK: 'stack',
  E_QUOTA: 'quota',
  E_GUEST: 'error',
  E_CLONE: 'error',
  E_LOAD: 'error',
  E_SCOPE: 'error',
};

/** Cases that may end otherwise than the corpus says. */
const ALSO_ALLOWED: Readonly<Record<string, string>> = {
  // A pristine sandbox is restored after its result: jobs left behind are dropped, so that nothing
  // is left to run out of time.
  '07-then-chain.js': 'ok',
  // The engine compiles counted repetitions into loops: nothing explodes.
  '14-regex-compile-bomb.js': 'ok',
  // Its 20 s are longer than the wall clock of a test.
  '109-hold-memory-while-asleep.js': 'timeout',
  // A Proxy in a result is refused by name, and none of its traps runs (docs/contract.md §4).
  '51-return-infinite-tojson.js': 'error',
};

/**
 * The corpus' word for a code; a code that it has no word for stays. Undefined for a call that
 * succeeded.
 */
export function toOutcome(code: string | undefined): string {
  return code === undefined ? 'ok' : (OUTCOMES[code] ?? code);
}

/** How a case may end, in the corpus' words. */
export function allowedOutcomes({ file, expect }: CorpusCase): string[] {
  const words = expect.split(',').map((word) => word.replace('(kill)', '').trim());
  return [...words, ALSO_ALLOWED[file] ?? ''].filter((word) => word !== '');
}
