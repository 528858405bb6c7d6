import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ALL_SCOPES, type Bench, openBench, packageJson } from './bench.js';

/** Line and column count from 0, as in a source map. */
type Mapping = [column: number, source: number, line: number, originalColumn: number];

/** One line of a bundle, whose columns come from an original file. */
const BUNDLE = "const fail=()=>{throw new Error('no')};export default{id:'row',handler:()=>fail()};";
const MAPPINGS: readonly Mapping[] = [
  [BUNDLE.indexOf('throw'), 0, 10, 4],
  [BUNDLE.indexOf('export'), 0, 20, 0],
  [BUNDLE.indexOf('fail()'), 0, 41, 8],
];
const MAP = { version: 3, sources: ['../src/api.ts'], names: [], mappings: encodeLine(MAPPINGS) };
const INLINE = `${BUNDLE}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(MAP)).toString('base64')}\n`;
const BESIDE = `${BUNDLE}\n//# sourceMappingURL=api.js.map\n`;

/** Frames in the original file, where `fail` throws and where the handler calls it. */
const MAPPED = [/at fail \(row\/src\/api\.ts:11:\d+\)/, /at handler \(row\/src\/api\.ts:42:\d+\)/];

const LINES = `// a comment
const inner = () => {
  throw new TypeError('deep');
};
async function outer() {
  await null;
  inner();
}
export default { id: 'row', handler: outer };`;

/** Ways to a capability that refuses, with the frames of what comes of it. */
const REFUSED: readonly (readonly [string, string, readonly RegExp[]])[] = [
  [
    'awaited in a helper',
    `const fetchOrder = async () => {
  return await request('https://denied.test/');
};
export default { id: 'row', handler: async () => {
  await fetchOrder();
} };`,
    [/^ {4}at fetchOrder \(row\/dist\/api\.js:3:\d+\)$/, /^ {4}at handler \(row\/dist\/api\.js:6:\d+\)$/],
  ],
  [
    'after another',
    `export default { id: 'row', handler: async () => {
  await sleep(0);
  await request('https://denied.test/');
} };`,
    [/^ {4}at handler \(row\/dist\/api\.js:4:\d+\)$/],
  ],
  [
    'returned, awaited by nobody',
    `export default { id: 'row', handler: () =>
  request('https://denied.test/').then((answer) => answer.data) };`,
    [/^ {4}at handler \(row\/dist\/api\.js:3:\d+\)$/],
  ],
  [
    'one of several',
    `export default { id: 'row', handler: () => Promise.all([
  sleep(0),
  request('https://denied.test/'),
]) };`,
    [/^ {4}at handler \(row\/dist\/api\.js:4:\d+\)$/],
  ],
];

/** Guests that a limit ends, with the line that was running. */
const ENDED: readonly (readonly [string, string, string, number])[] = [
  [
    'E_CPU',
    'a loop that calls',
    `export default { id: 'row', handler: () => {
  const list = [];
  for (;;) Math.max(1, 2);
} };`,
    3,
  ],
  [
    'E_CPU',
    'a loop after an await',
    `import { sleep } from 'directus:api';
export default { id: 'row', handler: async () => {
  await sleep(0);
  for (;;) Math.max(1, 2);
} };`,
    4,
  ],
  [
    'E_CPU',
    'a loop of sums behind a call',
    `export default { id: 'row', handler: () => {
  let sum = Math.max(1, 2);
  // for ever
  while (true) {
    sum += 1;
  }
} };`,
    4,
  ],
  [
    'E_STACK',
    'a recursion',
    `const again = (depth) => again(depth + 1) + 1;
export default { id: 'row', handler: () => again(1) };`,
    1,
  ],
  [
    'E_MEMORY',
    'a list that grows',
    `export default { id: 'row', handler: () => {
  const list = [];
  for (;;) list.push(new Array(1_000).fill(1));
} };`,
    3,
  ],
];

describe.each([
  ['inline', 'pristine'],
  ['threads', 'pristine'],
  ['threads', 'persistent'],
] as const)('stacks, %s %s', (pool, isolation) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench({ pool, isolation });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const stackOf = async (load: () => Promise<unknown>): Promise<string> => {
    await load();
    const error: unknown = await bench.host.operation('row').catch((thrown: unknown) => thrown);
    await bench.host.unload('row');
    expect(error).toMatchObject({ code: 'E_GUEST' });
    return ((error as Error).cause as Error).stack ?? '';
  };

  test('a stack points into the source of the extension, and nowhere else', async () => {
    const stack = await stackOf(() => bench.load('operation', LINES, { name: 'row' }));
    const frames = stack.trimEnd().split('\n');
    expect(frames[0]).toMatch(/^ {4}at inner \(row\/dist\/api\.js:3:\d+\)$/);
    expect(frames[1]).toMatch(/^ {4}at outer \(row\/dist\/api\.js:7:\d+\)$/);
    expect(frames.filter((frame) => !frame.includes('(row/dist/api.js:'))).toEqual([]);
  });

  test('an inline source map', async () => {
    const stack = await stackOf(() => bench.load('operation', INLINE, { name: 'row' }));
    for (const frame of MAPPED) expect(stack).toMatch(frame);
  });

  test('a source map given with the source', async () => {
    const stack = await stackOf(() =>
      bench.host.load({ manifest: packageJson('row', 'operation'), source: BUNDLE, sourceMap: MAP }),
    );
    for (const frame of MAPPED) expect(stack).toMatch(frame);
  });

  test('a source map in the file beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandglass-'));
    try {
      await mkdir(join(folder, 'dist'));
      await writeFile(join(folder, 'package.json'), JSON.stringify(packageJson('row', 'operation')));
      await writeFile(join(folder, 'dist/api.js'), BESIDE);
      await writeFile(join(folder, 'dist/api.js.map'), JSON.stringify(MAP));
      const stack = await stackOf(() => bench.host.load(folder));
      for (const frame of MAPPED) expect(stack).toMatch(frame);
      expect(stack).not.toContain(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('what is thrown while an extension loads is mapped, too', async () => {
    const source = "const a=1;throw new Error('at load')";
    const sourceMap = {
      version: 3,
      sources: ['main.ts'],
      names: [],
      mappings: encodeLine([[source.indexOf('throw'), 0, 6, 2]]),
    };
    const error: unknown = await bench.host
      .load({ manifest: packageJson('row', 'operation'), source, sourceMap })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_LOAD', message: 'Cannot load "row": at load' });
    expect(((error as Error).cause as Error).stack).toMatch(/\(row\/dist\/main\.ts:7:\d+\)/);
  });

  test('an error of a capability has the stack of its caller', async () => {
    const source =
      "import { log } from 'directus:api';\nconst tell = () =>\n  log('x');\nexport default { id: 'row', handler: () => tell() };";
    await bench.load('operation', source, { name: 'row', scopes: {} });
    const error: unknown = await bench.host.operation('row').catch((thrown: unknown) => thrown);
    await bench.host.unload('row');
    expect(error).toMatchObject({ code: 'E_SCOPE' });
    expect(((error as Error).cause as Error).stack).toMatch(/at tell \(row\/dist\/api\.js:3:\d+\)/);
  });

  test.each(REFUSED)('a capability that is refused has the place of its call: %s', async (_, source, frames) => {
    const head = "import { request, sleep } from 'directus:api';\n";
    await bench.load('operation', head + source, { name: 'row', scopes: ALL_SCOPES });
    const error: unknown = await bench.host.operation('row').catch((thrown: unknown) => thrown);
    await bench.host.unload('row');
    expect(error).toMatchObject({ code: 'E_SCOPE' });
    const stack = (((error as Error).cause as Error).stack ?? '').trimEnd().split('\n');
    expect(stack).toEqual(frames.map((frame) => expect.stringMatching(frame) as unknown));
  });

  test('a guest that catches what is refused reads its stack', async () => {
    const source = `import { request } from 'directus:api';
const handler = () => request('https://denied.test/').catch(({ stack }) => stack);
export default { id: 'row', handler };`;
    await bench.load('operation', source, { name: 'row', scopes: ALL_SCOPES });
    const stack = await bench.host.operation('row');
    await bench.host.unload('row');
    expect(stack).toMatch(/^ {4}at handler \(row\/dist\/api\.js:2:\d+\)\n$/);
  });

  test.each(ENDED)('%s names the line of %s', async (code, _, source, line) => {
    await bench.load('operation', source, { name: 'row', limits: code === 'E_CPU' ? { cpuTimeMs: 50 } : {} });
    const error: unknown = await bench.host.operation('row').catch((thrown: unknown) => thrown);
    await bench.host.unload('row');
    expect(error).toMatchObject({ code, cause: { name: 'InternalError' } });
    const positions = /\(row\/dist\/api\.js:(\d+):\d+\)/.exec(((error as Error).cause as Error).stack ?? '');
    expect(Number(positions?.[1])).toBe(line);
  });

  test.each([
    "() => config.read('x')",
    "() => { return config.read('x'); }",
    "() => { const value = config.read('x'); return value; }",
  ])('what is not a function is named: %s', async (handler) => {
    const source = `const config = {};
export default { id: 'row', handler: ${handler} };`;
    await bench.load('operation', source, { name: 'row' });
    const error: unknown = await bench.host.operation('row').catch((thrown: unknown) => thrown);
    await bench.host.unload('row');
    const message = 'config.read is not a function';
    expect(error).toMatchObject({ code: 'E_GUEST', message, cause: { name: 'TypeError', message } });
  });
});

/** VLQ of one generated line (source map format, revision 3). */
function encodeLine(mappings: readonly Mapping[]): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const vlq = (value: number): string => {
    let text = '';
    let rest = value < 0 ? (-value << 1) | 1 : value << 1;
    do {
      const digit = rest & 31;
      rest >>>= 5;
      text += digits[rest > 0 ? digit | 32 : digit];
    } while (rest > 0);
    return text;
  };
  return mappings
    .map((mapping, i) => mapping.map((field, j) => vlq(field - (mappings[i - 1]?.[j] ?? 0))).join(''))
    .join(',');
}
