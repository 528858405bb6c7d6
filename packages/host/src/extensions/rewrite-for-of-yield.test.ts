import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';

import { describe, expect, test } from 'vitest';

import { rewriteForOfYield } from './rewrite-for-of-yield.js';
import { mayHoldForOfYield } from './needs-scan.js';
import { scanModule } from './scan-module.js';
import type { ScannedModule } from './scanner.js';

/** The engine as @sandglass/worker depends on it; only what these tests use. */
interface Handle {
  [Symbol.dispose](): void;
}
interface Context extends Handle {
  evalCode(source: string): { value: Handle; error?: undefined } | { value?: undefined; error: Handle };
  dump(handle: Handle): unknown;
  runtime: { executePendingJobs(): unknown };
}
const ofWorker = createRequire(import.meta.resolve('@sandglass/worker/package.json'));
const { newQuickJSWASMModuleFromVariant } = ofWorker('quickjs-emscripten-core');
const quickjs: { newContext(): Context } = await newQuickJSWASMModuleFromVariant(
  ofWorker('@jitl/quickjs-wasmfile-release-sync'),
);

function scan(source: string): ScannedModule {
  const steps = scanModule(source);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

function rewrite(source: string): string | null {
  return rewriteForOfYield(source, scan(source).loops)?.code ?? null;
}

/** Runs a script in QuickJS; a failure answers `Name: message`. */
function inQuickJs(source: string): unknown {
  using context = quickjs.newContext();
  const result = context.evalCode(source);
  if (result.error) {
    using error = result.error;
    const { name, message } = context.dump(error) as Record<string, string>;
    return `${name}: ${message}`;
  }
  using value = result.value;
  return context.dump(value);
}

/** Runs the same script in V8. */
const inV8 = (source: string): unknown => runInThisContext(source);

/** Drives a generator: every `yield x` gets x back, yields are noted beside what the body notes. */
const drive = (body: string): string => `(() => {
  const out = [];
  function* g() { ${body} }
  try { const it = g(); let r = it.next(); while (!r.done) { out.push('yield'); r = it.next(r.value); } out.push(['return', r.value]); }
  catch (e) { out.push(e.name); }
  return JSON.stringify(out);
})()`;

describe('rewriteForOfYield', () => {
  test.each([
    ['a plain loop', 'for (const a of yield [1, 2]) out.push(a);'],
    [
      'a parenthesised iterable with comments',
      'for (const a /* of */ of /* ( */ ((yield [1, 2] /* ) */)) /* ) */ ) out.push(a);',
    ],
    ['a line comment before the closing parenthesis', 'for (const a of yield [1] // )\n) out.push(a);'],
    ['a yield deep in the iterable', 'for (const a of [0, ...(yield [1, 2]), 3].map((x) => x + 1)) out.push(a);'],
    ['yield*', 'for (const a of (yield* (function* () { yield 1; return [7]; })())) out.push(a);'],
    ['a yield without a value', 'for (const a of (yield) ?? [5]) out.push(a);'],
    ['a conditional', 'for (const a of out ? yield [1] : []) out.push(a);'],
    ['an assignment', 'let b; for (const a of b = yield [1]) out.push(a, b);'],
    ['a var head', 'for (var a of yield [1, 2]); out.push(a);'],
    ['a member as head', 'const o = {}; for (o.x of yield [1, 2]) out.push(o.x);'],
    ['a parenthesised head', 'let a; for ((a) of yield [1, 2]) out.push(a);'],
    [
      'destructuring with defaults',
      'for (const { p: [q = 4] = [], ...rest } of yield [{ z: 1 }, { p: [2] }]) out.push(q, rest);',
    ],
    ['a yield in the head as well', 'for (const [a = yield 9] of yield [[]]) out.push(a);'],
    [
      'continue and break with a label',
      'outer: for (const a of yield [1, 2, 3]) { for (const b of yield [1, 2]) { if (a === 1) continue outer; if (a === 3) break outer; out.push([a, b]); } }',
    ],
    [
      'several labels',
      'one: two: for (const a of yield [1, 2, 3]) { three: for (const b of yield [1, 2]) { if (a === 1) continue three; if (a === 3) break one; out.push([a, b]); break two; } }',
    ],
    ['an if without braces', 'if (out) for (const a of yield [1]) out.push(a); else out.push(0)'],
    ['an else without braces', 'if (!out) out.push(0); else for (const a of yield [1]) out.push(a)'],
    ['a do without braces', 'let n = 0; do for (const a of yield [1]) out.push(a); while (++n < 2)'],
    ['a loop as the body of a loop', 'for (const a of yield [[1], [2]]) for (const b of yield a) out.push(b);'],
    [
      'a loop inside the iterable',
      'for (const a of [...(function* () { for (const b of yield [1]) yield b + 1; })(), ...(yield [3])]) out.push(a);',
    ],
    [
      'a loop inside the head',
      'for (const { a = [...(function* () { for (const b of yield 1) yield b; })().return(8).value.toString()] } of yield [{}]) out.push(a);',
    ],
    ['the loop variable seen by its iterable', 'const a = [1]; for (const a of yield a) out.push(a);'],
    [
      'the loop variable seen later by a closure of its iterable',
      'let see; for (const a of ((see = () => a), yield [1])) { try { see(); } catch (e) { out.push(e.name); } }',
    ],
    ['an outer name of the same spelling as a var', 'var a = [1, 2]; for (var a of yield a) out.push(a);'],
    [
      'an early return, which closes the iterator',
      'for (const a of yield { *[Symbol.iterator]() { try { yield 1; } finally { out.push("closed"); } } }) return a;',
    ],
    ['a computed key of a class', 'for (const a of new (class { [yield "m"]() { return [1]; } })().m()) out.push(a);'],
    ['names that the rewrite would take', 'const $of = 1, $of$ = 2; for (const a of yield [$of, $of$]) out.push(a);'],
  ])('%s runs in QuickJS as the original in V8', (_, body) => {
    const source = drive(body);
    const rewritten = rewrite(source);
    expect(inQuickJs(source)).toMatch(/^InternalError: (stack underflow|nip_catch)/);
    expect(inQuickJs(rewritten ?? '')).toBe(inV8(source));
  });

  test('async generators and for await', async () => {
    const source = `globalThis.out = undefined; (async () => { const out = []; async function* g() {
    for await (const a of yield [Promise.resolve(1), 2]) out.push(a);
    outer: for (const [b] of await (yield [[3], [4]])) { out.push(b); continue outer; }
  }
  const it = g(); let r = await it.next(); while (!r.done) r = await it.next(r.value); return out.join(); })().then((text) => (globalThis.out = text))`;
    expect(inQuickJs(source)).toMatch(/^InternalError/);
    using context = quickjs.newContext();
    context.evalCode(rewrite(source) ?? '').value?.[Symbol.dispose]();
    context.runtime.executePendingJobs();
    using out = context.evalCode('out').value;
    expect(context.dump(out!)).toBe(await inV8(source));
  });

  test.each([
    'function* g() { for (const a of x) yield a; }',
    'function* g() { for (const a in yield x) b; }',
    'function* g() { for (const a of function* () { yield 1; }()) b; }',
    'function* g() { for (let i = yield 1; i; ) b; }',
    'const text = "for (const a of yield x)";',
  ])('leaves %s alone', (source) => {
    expect(mayHoldForOfYield(source)).toBe(source.includes(' of '));
    expect(rewrite(source)).toBeNull();
  });

  test.each([
    ['const a = 1;', false],
    ['function* g() { yield 1; }', false],
    ['platform; profile; yield', false],
    ['for(const a of(yield x));', true],
  ])('looks for the three words in %s', (source, expected) => {
    expect(mayHoldForOfYield(source)).toBe(expected);
  });

  test('changes only the loop and keeps the lines around it', () => {
    const source = 'function* g() {\n  one: for (const a of yield x) {\n    a();\n  }\n  b();\n}\n';
    expect(rewrite(source)).toBe(
      'function* g() {\n  {const $of= yield x;one: for (const a of $of) {\n    a();\n  }}\n  b();\n}\n',
    );
  });

  test('maps each position back, also where the head moved over line breaks', () => {
    const source =
      'function* g() {\n  for (const {\n    a,\n  } of yield (\n    first())) { second(a); }\n  third();\n}\n';
    const rewritten = rewriteForOfYield(source, scan(source).loops);
    expect(rewritten?.code.split('\n')).toHaveLength(source.split('\n').length);
    for (const name of ['first', 'second', 'third']) {
      const at = (text: string): { file: string; line: number; column: number } => {
        const before = text.slice(0, text.indexOf(`${name}(`)).split('\n');
        return { file: 'a.js', line: before.length, column: before.at(-1)!.length + 1 };
      };
      expect(rewritten?.toOriginal(at(rewritten.code))).toEqual(at(source));
    }
  });

  test('the published liquidjs-operation compiles after the rewrite, and not before', () => {
    const file = new URL(import.meta.resolve('@directus-labs/liquidjs-operation/package.json'));
    const source = readFileSync(new URL('dist/api.js', file), 'utf8').replaceAll(
      /^import\{request as e\}from"directus:api";|export\{xr as default\};\s*$/g,
      '',
    );
    const rewritten = rewrite(source) ?? '';
    expect(rewritten.length - source.length).toBe(3 * '{const $of=;$of }'.length);
    const compile = (code: string): unknown => inQuickJs(`(() => { ${code}\n return xr.id })()`);
    expect(compile(source)).toMatch(/^InternalError/);
    expect(compile(rewritten)).toBe('liquidjs-operation');
  });
});
