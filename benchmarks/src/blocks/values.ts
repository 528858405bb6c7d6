import { callApi, type Case, type CaseEnd, endpoint, filter, operation } from './case.js';

/**
 * What guests return and throw. Each makes `v`; the sizes are the largest that come through at
 * default limits, or pass a limit of the host's by little.
 */
const VALUES: Readonly<Record<string, string>> = {
  'a graph shared thirty times over': 'let v = 1; for (let i = 0; i < 30; i++) v = [v, v];',
  '150,000 dates': 'const v = Array.from({ length: 150000 }, (_, i) => new Date(i));',
  '20,000 errors': 'const v = Array.from({ length: 20000 }, (_, i) => new Error("e" + i));',
  'a Map of 40,000': 'const v = new Map(Array.from({ length: 40000 }, (_, i) => ["k" + i, { i }]));',
  'an object of 60,000 keys': 'const v = {}; for (let i = 0; i < 60000; i++) v["key" + i] = i;',
  '130,000 small lists': 'const v = Array.from({ length: 130000 }, () => [[]]);',
  '100 BigInts of 2^20 bits': 'const b = 1n << 1048000n; const v = Array.from({ length: 100 }, () => b);',
  'five RegExps of 12,000 properties':
    "const v = Array.from({ length: 5 }, (_, i) => new RegExp(i + '\\\\p{scx=Vaii}'.repeat(12000), 'u'));",
  'a sparse array of a million': 'const v = []; v[999999] = 1;',
  'a string of 2 Mi control characters': "const v = '\\u0001'.repeat(2 ** 21);",
  'lists 900 deep, 150 times':
    'const v = Array.from({ length: 150 }, () => { let a = 1; for (let i = 0; i < 900; i++) a = [a]; return a; });',
  '16 Mi bytes': 'const v = new Uint8Array(15 * 2 ** 20);',
};

/** The thread, or the heap, may end it before: then the host has nothing to do. */
const ENDS: readonly CaseEnd[] = ['ok', 'E_QUOTA', 'E_CLONE', 'E_MEMORY', 'E_GUEST', 'E_CPU'];
const rest = { ends: ENDS };

const each = (what: string, make: (code: string) => Case): Record<string, Case> =>
  Object.fromEntries(Object.entries(VALUES).map(([name, code]) => [`${what}: ${name}`, make(code)]));

/** Results of operations, and what is written as JSON of them. */
export const RESULTS: Record<string, Case> = {
  ...each('operation', (code) => operation(`() => { ${code} return v; }`, rest)),
  'call API: a million numbers': callApi(
    'operations',
    operation('() => Array.from({ length: 1000000 }, (_, i) => i)', rest),
  ),
  'call API: 130,000 small lists': callApi(
    'operations',
    operation('() => Array.from({ length: 130000 }, () => [[]])', rest),
  ),
};

/** Bodies of endpoints. */
export const BODIES: Record<string, Case> = each('endpoint', (code) =>
  endpoint(`(router) => router.get('/', () => { ${code} return { status: 200, body: v }; })`, rest),
);

/** Results of filters. */
export const PAYLOADS: Record<string, Case> = {
  ...each('filter', (code) => filter(`() => { ${code} return v; }`, rest)),
  'call API: a graph shared thirty times over, of a filter': callApi(
    'filters',
    filter('() => { let v = 1; for (let i = 0; i < 30; i++) v = [v, v]; return v; }', rest),
  ),
};

/** Thrown values: data, messages, stacks. */
export const THROWN: Record<string, Case> = {
  ...each('thrown', (code) => operation(`() => { ${code} throw { v }; }`, rest)),
  'thrown: a message of 4 MiB': operation('() => { throw new Error("m".repeat(2 ** 22)); }', rest),
  'thrown: a stack of 4 MiB': operation(
    '() => { const e = new Error(); e.stack = "    at f (bench:1:1)\\n".repeat(2 ** 18); throw e; }',
    rest,
  ),
  'call API: a graph shared thirty times over, thrown': callApi(
    'operations',
    operation('() => { let v = 1; for (let i = 0; i < 30; i++) v = [v, v]; throw { v }; }', rest),
  ),
};
