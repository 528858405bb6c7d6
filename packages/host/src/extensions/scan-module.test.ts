import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { type AnyNode, parse } from 'acorn';
import { describe, expect, test } from 'vitest';

import { scanModule } from './scan-module.js';
import type { ScannedModule } from './scanner.js';
import { descendants } from './syntax.js';

function scan(source: string): ScannedModule {
  const steps = scanModule(source);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The loops that a real parser finds, yield or not. */
function parsedLoops(source: string): { start: number; closing: number; end: number; isBlock: boolean }[] {
  const program = parse(source, { ecmaVersion: 'latest', sourceType: 'module' });
  const starts = new Map<AnyNode, number>();
  const found = [];
  for (const node of descendants(program)) {
    const start = starts.get(node) ?? node.start;
    if (node.type === 'LabeledStatement') starts.set(node.body, start);
    if (node.type !== 'ForOfStatement') continue;
    const { body, right } = node;
    const closing = right.end + source.slice(right.end, body.start).lastIndexOf(')');
    found.push({ start, closing, end: body.end, isBlock: body.type === 'BlockStatement' });
  }
  return found.toSorted((a, b) => a.start - b.start);
}

/** Puts a yield into every iterable, and the whole into a generator. */
function withYields(source: string): string {
  const rights: AnyNode[] = [];
  for (const node of descendants(parse(source, { ecmaVersion: 'latest', sourceType: 'module' })))
    if (node.type === 'ForOfStatement') rights.push(node.right);
  const cuts = rights.flatMap(({ start, end }) => [
    { at: start, order: 1, text: '(yield(' },
    { at: end, order: 0, text: '))' },
  ]);
  let text = '';
  let from = 0;
  for (const cut of cuts.toSorted((a, b) => a.at - b.at || a.order - b.order)) {
    text += source.slice(from, cut.at) + cut.text;
    from = cut.at;
  }
  return text + source.slice(from);
}

/** Files with much syntax in them, one of them minified. */
const FILES = [
  ['acorn', 'acorn', 'dist/acorn.mjs'],
  ['liquidjs-operation', '@directus-labs/liquidjs-operation', 'dist/api.js'],
  ['zod', 'zod', 'v4/core/schemas.js'],
  ['undici', 'undici', 'lib/web/fetch/index.js'],
] as const;
const { resolve } = createRequire(import.meta.url);
const read = (name: string, file: string): string =>
  readFileSync(resolve(`${name}/package.json`).replace('package.json', file), 'utf8');

describe('scanModule', () => {
  test.each(FILES)('finds in %s the loops that a parser finds, each with a yield put in', (_, name, file) => {
    const source = withYields(read(name, file));
    const offset = 'function* g(){'.length;
    const loops = scan(`function* g(){${source}}`).loops.toSorted((a, b) => a.start - b.start);
    // a yield would need its generator
    const expected = parsedLoops(source.replaceAll('(yield(', '(!!!!!('));
    expect(loops.map(({ start, closing }) => [start - offset, closing - offset])).toEqual(
      expected.map(({ start, closing }) => [start, closing]),
    );
    const blocks = loops.filter((_loop, i) => expected[i]!.isBlock);
    expect(blocks.map(({ end }) => end! - offset)).toEqual(expected.filter((one) => one.isBlock).map(({ end }) => end));
  });

  test.each([
    ['a property', 'a.yield; a?.yield; a.for; x.of / 2'],
    ['keys', 'const o = { yield: 1, get yield() {}, async *yield() {}, for() {}, of }'],
    ['a class member', 'class A { yield = 1; #yield() {} static for(of) {} }'],
    ['a string', '"for (const a of yield b)"'],
    ['a template', '`for (const a of yield b) ${1 / 2} for (const a of yield b)`'],
    ['a regular expression', 'if (x) /for (const a of yield b)[/]/.test(); a = b / c; d = e++ / 2 / 3'],
    ['a regular expression behind a block', '{}\n/for (const a of yield b)/.test()'],
    ['a comment', '/* for (const a of yield b) */ // for (const a of yield b)'],
    ['another function', 'for (const a of function* () { yield 1 }()) b'],
    ['a method', 'for (const a of { *m() { yield 1 } }.m()) b'],
    ['a method of a class expression', 'for (const a of new class { *m() { yield 1 } }().m()) b'],
    ['a head', 'for (const [a = yield 1] of b) c'],
    ['for-in', 'for (const a in yield b) c'],
    ['three parts', 'for (let of = yield 1; of; ) c'],
  ])('finds no loop in %s', (_, body) => {
    expect(scan(`function* g() { ${body} }`).loops).toEqual([]);
  });

  test.each([
    ['behind a division', 'a = b / c; for (const d of yield e) {}'],
    ['behind an object', 'a = {} / 1; for (const d of yield e) {}'],
    ['behind a function expression', 'a = function () {} / 1; for (const d of yield e) {}'],
    ['behind an async function expression', 'a = async function () {} / 1; for (const d of yield e) {}'],
    ['behind a class expression', 'a = class extends (class {}) {} / 1; for (const d of yield e) {}'],
    ['behind catch without parentheses', 'try {} catch { for (const d of yield e) {} }'],
    ['in an arrow that returns a template', 'a = () => `${{}}`; for (const d of yield e) {}'],
    ['of a regular expression', 'for (const d of /[/]/ [yield e]) {}'],
    ['of a name', 'for (const of of yield of) {}'],
    ['in a case', 'switch (a) { case b ? c : d: for (const d of yield e) {} default: }'],
    ['behind a number', 'a = 1. / 2 / .5; for (const d of yield e) {}'],
    ['behind an increment', 'a = b++ / 2; ++c\n/x/; for (const d of yield e) {}'],
  ])('finds the loop %s', (_, body) => {
    const source = `function* g() { ${body} }`;
    const start = source.indexOf('for (');
    expect(scan(source).loops).toMatchObject([
      { start, closing: source.indexOf(') {', start), end: source.indexOf('{}', start) + 2 },
    ]);
  });

  test.each([
    ['an expression', 'for (const a of yield b) c();', 'for (const a of yield b) c();'],
    ['an expression that a line ends', 'for (const a of yield b) c()\nif (d) e()', 'for (const a of yield b) c()'],
    ['the last expression of a block', 'for (const a of yield b) c ', 'for (const a of yield b) c'],
    ['nothing', 'for (const a of yield b);', 'for (const a of yield b);'],
    ['a loop', 'for (const a of yield b) while (c) { d() }', 'for (const a of yield b) while (c) { d() }'],
    ['a block behind a label', 'for (const a of yield b) c: { d() }', 'for (const a of yield b) c: { d() }'],
    ['a jump', 'for (const a of yield b) continue\nlet c', 'for (const a of yield b) continue'],
  ])('a body that is %s ends where it should', (_, body, statement) => {
    const [loop] = scan(`function* g() { ${body}}`).loops;
    expect(`function* g() { ${body}}`.slice(loop!.start, loop!.end)).toBe(statement);
  });

  test('a body that branches has no known end', () => {
    const [loop] = scan('function* g() { for (const a of yield b) if (c) d(); else e() }').loops;
    expect(loop).toMatchObject({ closing: 39 });
    expect(loop).not.toHaveProperty('end');
  });

  test.each([
    ['brackets that never close', '('.repeat(300_000)],
    ['templates in templates', '`${'.repeat(300_000)],
    ['blank lines', '\n'.repeat(4_000_000)],
    ['comments', '/**/'.repeat(1_000_000)],
    ['words', 'for of yield '.repeat(300_000)],
    ['loops', `function* g() { ${'for (const a of yield b) c();'.repeat(140_000)} }`],
  ])('%s are gone through in steps', (_, source) => {
    const steps = scanModule(source);
    let longest = 0;
    for (let at = performance.now(), step = steps.next(); !step.done; step = steps.next()) {
      longest = Math.max(longest, performance.now() - at);
      at = performance.now();
    }
    expect(longest).toBeLessThan(1_000);
  });
});
