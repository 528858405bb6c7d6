import { describe, expect, test } from 'vitest';

import { prepareSource } from './prepare-source.js';
import { decodeDataUrl, findSourceMapUrl } from './source-map-url.js';
import { createStackMapper, parseSourceMap } from './source-map.js';

/** Line 1, column 1 of the bundle is line 7, column 3 of src/api.ts; line 2 is line 20 of it. */
const MAP = { version: 3, sources: ['../src/api.ts'], names: [], mappings: 'AAME;AAaF' };
const FILE = '@acme/hello/dist/api.js';

const section = (line: unknown, column: unknown, map: object = MAP): object => ({ offset: { line, column }, map });
const sectioned = (...sections: object[]): object => ({ version: 3, sections });

describe('createStackMapper', () => {
  test.each([
    ['a();\n//# sourceMappingURL=api.js.map', 'api.js.map'],
    ['a();//# sourceMappingURL=api.js.map  \n\n', 'api.js.map'],
    ['a();\n//@ sourceMappingURL=old.map', 'old.map'],
    ['//# sourceMappingURL=first.map\n//# sourceMappingURL=last.map', 'last.map'],
    ['//# sourceMappingURL=early.map\na();', null],
    ['//# sourceMappingURL=a.map\n//# debugId=1\n\n// end', 'a.map'],
    [`//# sourceMappingURL=a.map${'\n// more'.repeat(100)}`, null],
    ['\n'.repeat(1_000_000), null],
    [`//# sourceMappingURL=a.map${'\n'.repeat(1_000_000)}// end`, 'a.map'],
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
    expect(decodeDataUrl(url, 1_000)).toBe(text);
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

  test.each([
    ['a section at a line of no file', sectioned(section(0, 0), section(1e9, 0))],
    ['a section at a column of no file', sectioned(section(0, 0), section(2, 1e9))],
    ['sections out of order', sectioned(section(9, 0), section(0, 0))],
    ['sections of sections', sectioned(section(0, 0, sectioned(section(0, 0, sectioned(section(0, 0))))))],
    ['two million lines', { ...MAP, mappings: `${MAP.mappings}${';'.repeat(2_000_000)}` }],
    ['a million segments', { ...MAP, mappings: `${MAP.mappings},${'C,'.repeat(1_000_000)}` }],
    ['numbers without an end', { ...MAP, mappings: `${MAP.mappings};${'g'.repeat(2_000_000)}` }],
    ['a source with a long name', { ...MAP, sources: [...MAP.sources, 'a'.repeat(1_000_000)] }],
  ])('a map with %s is read', async (_, map) => {
    const prepared = await prepareSource('1', FILE, map);
    expect(prepared.notes).toEqual([]);
    expect(prepared.mapStack(`    at f (${FILE}:1:1)`)).toBe('    at f (@acme/hello/src/api.ts:7:3)');
    for (const at of ['999999999:999999999', '3:1', '2:99'])
      expect(prepared.mapStack(`    at f (${FILE}:${at})`)).toMatch(
        /^ {4}at f \(@acme\/hello\/(?:src|dist)\/api\.[jt]s:\d+:\d+\)$/,
      );
  });

  test.each([
    ['at no line', '{"version":3,"sections":[{"offset":{"line":1e999,"column":0},"map":{}}]}'],
    ['at a line before the first', sectioned(section(-1, 0))],
    ['without an offset', sectioned({ map: MAP })],
    ['without a map', sectioned({ offset: { line: 0, column: 0 } })],
    ['beyond number', sectioned(...Array.from({ length: 20_000 }, (_, line) => section(line, 0)))],
  ])('a map with a section %s is ignored with a note', async (_, map) => {
    expect((await prepareSource('1', FILE, map)).notes).toEqual([
      expect.stringMatching(/^The source map is ignored: /),
    ]);
  });

  test.each([
    ['too long', `{"mappings":"${';'.repeat(9_000_000)}"}`, 'characters'],
    ['of too many values', `{"names":[${'1,'.repeat(300_000)}1]}`, 'values'],
    ['too deep', `{"names":${'['.repeat(300_000)}`, 'values'],
  ])('a map that is %s is ignored with a note', async (_, map, reason) => {
    expect((await prepareSource('1', FILE, map)).notes).toEqual([expect.stringContaining(reason)]);
  });

  test('strings full of brackets and quotes are no values', async () => {
    const map = { ...MAP, sourcesContent: ['[{,\\"'.repeat(500_000)] };
    expect((await prepareSource('1', FILE, JSON.stringify(map))).notes).toEqual([]);
  });

  test('of a long stack a hundred lines are mapped and the rest is kept', () => {
    const map = createStackMapper(FILE, parseSourceMap(MAP, FILE));
    const stack = `    at f (${FILE}:1:1)\n`.repeat(100_000);
    const mapped = map(stack);
    expect(mapped.split('api.ts').length - 1).toBe(100);
    expect(mapped.endsWith(stack.slice(-1_000))).toBe(true);
  });
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
