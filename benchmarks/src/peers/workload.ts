import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

import { LOOPBACK_DOCUMENT } from '../run/loopback.js';

/** A handler with its argument, in the two forms that sandboxes take. Survives structured clone. */
export interface Workload {
  name: string;
  title: string;
  /**
   * Classic script that leaves a function in the global `handler`; `log`, `sleep` and `request` are
   * globals.
   */
  script: string;
  /**
   * The same as an ES module in the form of a Directus operation: `export default { id, handler }`.
   */
  module: string;
  argument: unknown;
  /** What the handler returns for it. */
  expected: unknown;
  /** Whether the handler returns its result at once, without a promise. */
  synchronous: boolean;
  /** Threads that may be used, for peers that have them. @default 1 */
  threads?: number;
}

const PHONE_PARSER = '@ribertec/directus-extension-phone-parser';
const KIB = 1024;
const PAYLOADS: readonly [label: string, bytes: number][] = [
  ['100 B', 100],
  ['2 KB', 2 * KIB],
  ['100 KB', 100 * KIB],
  ['1 MB', 1024 * KIB],
];

/** The workloads that every peer runs. @param serverUrl loopback server that the request goes to */
export async function createWorkloads(serverUrl: string): Promise<Workload[]> {
  return [
    fromScript({
      name: 'empty',
      title: 'Empty call',
      script: 'function handler() { return null; }',
      argument: null,
      expected: null,
      synchronous: true,
    }),
    ...PAYLOADS.map(createEcho),
    fromScript({
      name: 'log',
      title: 'A call that logs once',
      script: 'async function handler(argument) { await log("hello " + argument.name); return null; }',
      argument: { name: 'world' },
      expected: null,
      synchronous: false,
    }),
    fromScript({
      name: 'sleep',
      title: 'A call that sleeps 1 ms',
      script: 'async function handler() { await sleep(1); return null; }',
      argument: null,
      expected: null,
      synchronous: false,
    }),
    fromScript({
      name: 'request',
      title: 'A call that requests a loopback server',
      script:
        'async function handler(argument) { const response = await request(argument.url); return response.data; }',
      argument: { url: serverUrl },
      expected: LOOPBACK_DOCUMENT,
      synchronous: false,
    }),
    fromScript({
      ...CPU,
      name: 'cpu',
      title: 'A CPU-bound handler (sieve of 20,000, sort, string building)',
      synchronous: true,
    }),
    await createPhoneParser(),
    fromScript({
      name: 'bundle-200kb',
      title: 'A handler in a 200 KB bundle',
      script: createBundle(200 * KIB),
      argument: 7,
      expected: 8,
      synchronous: true,
    }),
  ];
}

function createEcho([label, bytes]: (typeof PAYLOADS)[number]): Workload {
  const argument = createPayload(bytes);
  return fromScript({
    name: `echo-${label.replace(' ', '').toLowerCase()}`,
    title: `${label} of JSON in and out`,
    script: 'function handler(argument) { return argument; }',
    argument,
    expected: argument,
    synchronous: true,
  });
}

/**
 * A JSON document of about that many bytes: records with strings, numbers, booleans and nesting, as
 * an items API returns them.
 */
export function createPayload(bytes: number): unknown {
  const items: unknown[] = [];
  for (let size = 12, index = 0; ; index++) {
    const item = { id: index, name: `item ${index}`, price: index * 1.25, active: index % 2 === 0, tags: ['a', 'b'] };
    size += JSON.stringify(item).length + 1;
    if (size > bytes) return { items };
    items.push(item);
  }
}

/** Source of about that many bytes: many small functions, of which the handler calls one. */
export function createBundle(bytes: number): string {
  const functions: string[] = [];
  for (let size = 0, index = 0; size < bytes; index++) {
    const text = `function helper${index}(value, options) { var total = value; if (options && options.deep) { for (var key in options) { total += String(options[key]).length; } } return total + ${index}; }\n`;
    functions.push(text);
    size += text.length;
  }
  return `${functions.join('')}function handler(argument) { return helper1(argument); }`;
}

/** Bytecode, calls, arrays, objects and strings, in about equal parts. */
const CPU = {
  script: `function handler(argument) {
  const sieve = new Uint8Array(argument.limit);
  let primes = 0;
  for (let n = 2; n < argument.limit; n++) {
    if (sieve[n]) continue;
    primes++;
    for (let m = n * n; m < argument.limit; m += n) sieve[m] = 1;
  }
  const records = [];
  for (let i = 0; i < 500; i++) records.push({ key: (i * 7919) % 503, label: 'record ' + i });
  records.sort((a, b) => a.key - b.key);
  return { primes, first: records[0].label, length: records.map((record) => record.label).join(',').length };
}`,
  argument: { limit: 20_000 },
  expected: { primes: 2262, first: 'record 0', length: 5389 },
};

async function createPhoneParser(): Promise<Workload> {
  const path = createRequire(import.meta.url).resolve(`${PHONE_PARSER}/dist/api.js`);
  const module = await readFile(path, 'utf8');
  return {
    name: 'phone-parser',
    title: `A published extension (${PHONE_PARSER}, 190 KB)`,
    module,
    script: toScript(module),
    argument: { phone: '+49 30 23125000', defaultCountry: 'DE' },
    expected: {
      success: true,
      fullNumber: '+493023125000',
      type: 'FIXED_LINE',
      country: 'DE',
      countryCode: '49',
      rawNumber: '3023125000',
      formattedNumber: '030 23125000',
      internationalNumber: '+49 30 23125000',
      valid: true,
    },
    synchronous: true,
  };
}

/** Turns a bundled operation into a classic script, for sandboxes without modules. */
function toScript(module: string): string {
  const imported = /^import\s*\{([^}]*)\}\s*from\s*"directus:api";/.exec(module);
  const exported = /export\s*\{\s*([\w$]+) as default\s*\};?\s*$/.exec(module);
  if (!imported?.[1] || !exported?.[1]) throw new Error(`Cannot read ${PHONE_PARSER}: its bundle has another form`);
  const bindings = imported[1].split(',').map((binding) => {
    const [name = '', local = name] = binding.trim().split(' as ');
    return `const ${local} = ${name};`;
  });
  const body = module.slice(imported[0].length, exported.index);
  return `var handler = (() => { ${bindings.join(' ')} ${body}; return ${exported[1]}; })().handler;`;
}

/** Adds the form of an ES module to a classic script. */
export function fromScript<T extends { script: string }>(workload: T): T & { module: string } {
  const module = `import { log, sleep, request } from 'directus:api';\n${workload.script}\nexport default { id: 'bench', handler };\n`;
  return { ...workload, module };
}
