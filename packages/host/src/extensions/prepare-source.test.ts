import { describe, expect, test } from 'vitest';

import { MAX_SOURCE_LENGTH, prepareSource } from './prepare-source.js';

const NUL = '\0';

const tail = 'function* g() { yield 1; for (const a of []) a; }';

describe('prepareSource', () => {
  test('a source that needs nothing stays as it is, with its SHA-256', async () => {
    expect(await prepareSource('abc', 'a.js')).toMatchObject({
      code: 'abc',
      hash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      notes: [],
    });
  });

  test('a loop over a yield is rewritten; the hash stays that of the author', async () => {
    const source = 'function* g() { for (const a of yield x); }';
    const { code, hash } = await prepareSource(source, 'a.js');
    expect(code).toBe('function* g() { {const $of= yield x;for (const a of $of);} }');
    expect(hash).not.toBe((await prepareSource(code, 'a.js')).hash);
  });

  test.each([
    `import { log } from "directus:api${NUL}x";`,
    String.raw`import { log } from "directus:api\0";`,
    String.raw`import /* from "directus:api" */ "directus:api\x00x";`,
    String.raw`export { log } from 'directus:api\u0000x';`,
    String.raw`export * from 'directus:api\u{000}x';`,
    String.raw`import * as api from '\u0064irectus:api\u{0}';`,
  ])('refuses the specifier of %j', async (source) => {
    await expect(prepareSource(source, 'a.js')).rejects.toThrow(
      expect.objectContaining({ code: 'E_LOAD', message: expect.stringContaining('NUL') }),
    );
  });

  test.each([
    String.raw`import { log } from "\u0064irectus:api"; export default log;`,
    String.raw`const a = "directus:api\0x", b = /\0/; import { log } from "directus:api";`,
    String.raw`import { log } from "directus:api\0`,
  ])('leaves %j to the engine', async (source) => {
    expect((await prepareSource(source, 'a.js')).code).toBe(source);
  });

  test('finds an inline source map', async () => {
    const map = Buffer.from(JSON.stringify({ version: 3, sources: ['a.ts'], names: [], mappings: 'AAIA' })).toString(
      'base64',
    );
    const source = `export default 1;\n//# sourceMappingURL=data:application/json;base64,${map}\n`;
    expect((await prepareSource(source, 'x/a.js')).mapStack('    at f (x/a.js:1:1)')).toBe('    at f (x/a.ts:5:1)');
  });

  test('refuses a source beyond the limit', async () => {
    await expect(prepareSource(' '.repeat(MAX_SOURCE_LENGTH + 1), 'a.js')).rejects.toThrow(
      expect.objectContaining({ code: 'E_LOAD' }),
    );
  });

  test('a source too deep for the parser is left to the engine', async () => {
    const source = `yield; for of; ${'('.repeat(200_000)}`;
    expect((await prepareSource(source, 'a.js')).code).toBe(source);
  });
  test.each([
    ['exports', Array.from({ length: 60_000 }, (_, i) => `let e${i};export{e${i}};`).join('') + tail],
    ['variables', `function f() {${Array.from({ length: 60_000 }, (_, i) => `let v${i};`).join('')}}${tail}`],
    ['private names', `class C {${Array.from({ length: 60_000 }, (_, i) => `#v${i};`).join('')}}${tail}`],
    ['statements', 'a=b+c*d;\n'.repeat(400_000) + tail],
  ])('60,000 %s take what their length takes', async (_, source) => {
    // a parser with scopes takes minutes
    expect((await prepareSource(source, 'a.js')).code).toBe(source);
  });

  test('an iterable of 300,000 elements is moved', async () => {
    const source = `function* g() { for (const a of [yield, ${'1,'.repeat(300_000)}]); }`;
    expect((await prepareSource(source, 'a.js')).code).toHaveLength(source.length + '{const $of=;$of }'.length);
  });

  test.each([
    ['more loops than are rewritten', `function* g() {${'for (const a of yield 1);'.repeat(3_000)}}`],
    ['loops too deep', `function* g() {${'for (const a of yield 1) {'.repeat(600)}${'}'.repeat(600)}}`],
    ['every name for the temporary', `/* $of$$$$$$$$$$$$$ */function* g() { for (const a of yield 1); }`],
  ])('refuses %s', async (_, source) => {
    await expect(prepareSource(source, 'a.js')).rejects.toThrow(expect.objectContaining({ code: 'E_LOAD' }));
  });
});
