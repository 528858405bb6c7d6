import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Bench, openBench, packageJson } from './bench.js';

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

describe.each(['inline', 'threads'] as const)('%s', (pool) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench({ pool, isolation: 'pristine' });
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
