import { expect, test } from 'vitest';

import { prepareSource } from './prepare-source.js';
import { decodeDataUrl, findSourceMapUrl } from './source-map-url.js';
import { createStackMapper, parseSourceMap } from './source-map.js';

/** Line 1, column 1 of the bundle is line 7, column 3 of src/api.ts; line 2 is line 20 of it. */
const MAP = { version: 3, sources: ['../src/api.ts'], names: [], mappings: 'AAME;AAaF' };
const FILE = '@acme/hello/dist/api.js';

test.each([
  ['a();\n//# sourceMappingURL=api.js.map', 'api.js.map'],
  ['a();//# sourceMappingURL=api.js.map  \n\n', 'api.js.map'],
  ['a();\n//@ sourceMappingURL=old.map', 'old.map'],
  ['//# sourceMappingURL=first.map\n//# sourceMappingURL=last.map', 'last.map'],
  ['//# sourceMappingURL=early.map\na();', null],
  ['a();', null],
  ['//# sourceMappingURL=a b', null],
])('finds the source map URL of %j', (source, url) => {
  expect(findSourceMapUrl(source)).toBe(url);
});

test.each([
  ['data:application/json;base64,e30=', '{}'],
  ['data:application/json;charset=utf-8;base64,e30=', '{}'],
  ['data:application/json,%7B%7D', '{}'],
  ['api.js.map', null],
])('decodes %s', (url, text) => {
  expect(decodeDataUrl(url)).toBe(text);
});

test('maps the frames of the bundle and nothing else', () => {
  const map = createStackMapper(FILE, undefined, parseSourceMap(MAP, FILE));
  const stack = [
    `    at handler (${FILE}:1:1)`,
    '    at map (native)',
    `    at <anonymous> (${FILE}:2:9)`,
    '    at other (else.js:1:1)',
    `    at ${FILE}:1:1`,
    `    at odd (name (${FILE}:1:1)`,
    `    at far (${FILE}:999:1)`,
    `    at zero (${FILE}:0:0)`,
    '',
  ].join('\n');
  expect(map(stack)).toBe(
    [
      '    at handler (@acme/hello/src/api.ts:7:3)',
      '    at map (native)',
      '    at <anonymous> (@acme/hello/src/api.ts:20:1)',
      '    at other (else.js:1:1)',
      `    at ${FILE}:1:1`,
      '    at odd (name (@acme/hello/src/api.ts:7:3)',
      `    at far (${FILE}:999:1)`,
      `    at zero (${FILE}:0:0)`,
      '',
    ].join('\n'),
  );
});

test('reads a map with sections', () => {
  const sectioned = { version: 3, sections: [{ offset: { line: 0, column: 0 }, map: MAP }] };
  const map = createStackMapper(FILE, undefined, parseSourceMap(JSON.stringify(sectioned), FILE));
  expect(map(`    at f (${FILE}:1:1)`)).toBe('    at f (@acme/hello/src/api.ts:7:3)');
});

test('goes through the rewrite first, then through the map of the bundle', async () => {
  const source = 'function* g() { for (const a of yield x) late(a); }';
  const column = source.indexOf('late');
  // One segment for the column of `late(`: AAAA at 0, then the call at line 3, column 5.
  const map = { version: 3, sources: ['../src/g.ts'], names: [], mappings: `AAAA,${vlq(column)}A${vlq(2)}${vlq(4)}` };
  const prepared = await prepareSource(source, FILE, map);
  expect(prepared.code).not.toBe(source);
  const moved = prepared.code.indexOf('late') + 1;
  expect(moved).not.toBe(column + 1);
  expect(prepared.mapStack(`    at g (${FILE}:1:${moved})`)).toBe('    at g (@acme/hello/src/g.ts:3:5)');
});

test('without any map a stack stays as it is', async () => {
  const stack = `    at g (${FILE}:1:1)`;
  expect((await prepareSource('export default 1', FILE)).mapStack(stack)).toBe(stack);
});

test.each([
  ['not JSON', '{'],
  ['null', 'null'],
  ['an array', '[]'],
  ['no mappings', { version: 3, sources: [] }],
  ['sources of the wrong type', { version: 3, sources: 1, names: [], mappings: '' }],
])('a broken map (%s) is ignored with a note', async (_, map) => {
  const prepared = await prepareSource('export default 1', FILE, map);
  expect(prepared.notes).toEqual([expect.stringMatching(/^The source map is ignored: /)]);
  expect(prepared.mapStack(`    at g (${FILE}:1:1)`)).toBe(`    at g (${FILE}:1:1)`);
});

test('mappings that decode to nonsense leave the frame alone', async () => {
  const prepared = await prepareSource('1', FILE, { version: 3, sources: [], names: [], mappings: '!!!!' });
  expect(prepared.mapStack(`    at g (${FILE}:1:1)`)).toBe(`    at g (${FILE}:1:1)`);
});

test('a stack made to be slow costs no more than its length', () => {
  const map = createStackMapper(FILE, undefined, parseSourceMap(MAP, FILE));
  const hostile = `    at ${' ('.repeat(500_000)}${':1'.repeat(500_000)}`;
  expect(map(hostile)).toBe(hostile); // quadratic work would outlast the test's time limit
});

/** One number of 0 or more as base64 VLQ. */
function vlq(value: number): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let rest = value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>= 5;
    text += digits[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}
