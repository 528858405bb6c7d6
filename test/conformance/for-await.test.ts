import { createHost, type Host } from '@sandglass/host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let host: Host;

/** In front of each: what they write goes to `seen`. */
const TOOLS = `
  const seen = [];
  const tick = () => Promise.resolve().then(() => {}).then(() => {});
  async function* pages(n = 3) { try { for (let i = 0; i < n; i++) yield i; } finally { await tick(); seen.push('released'); } }
  const counted = (n, more = {}) => ({ [Symbol.asyncIterator]() { let i = 0; return {
    next: async () => ({ value: i, done: i++ >= n }), return: async () => { await tick(); seen.push('return'); return {}; }, ...more }; } });
`;

describe('for await', () => {
  beforeAll(async () => {
    host = await createHost({ pool: 'inline' });
  });

  afterAll(() => host.close());

  /** Bodies of async functions, run here and there. */
  test.each([
    ['break', 'for await (const page of pages()) { seen.push(page); if (page === 1) break; } seen.push("after");'],
    ['the end', 'for await (const page of counted(2)) { seen.push(page); } seen.push("after");'],
    ['a body without braces', 'for await (const page of pages()) seen.push(page); seen.push("after");'],
    ['a break without braces', 'for await (const _ of pages()) break; seen.push("after");'],
    ['return', 'const f = async () => { for await (const page of pages()) return page; }; seen.push(await f());'],
    [
      'throw',
      'try { for await (const _ of pages()) { throw new Error("mine"); } } catch (e) { seen.push(e.message); }',
    ],
    [
      'throw, and return fails',
      'try { for await (const _ of counted(2, { return: async () => { throw 1; } })) { throw 2; } } catch (e) { seen.push(e); }',
    ],
    [
      'return fails',
      'try { for await (const _ of counted(2, { return: async () => { throw 1; } })) { break; } } catch (e) { seen.push(e); }',
    ],
    [
      'return gives no object',
      'try { for await (const _ of counted(2, { return: () => 1 })) { break; } } catch (e) { seen.push(e.name); }',
    ],
    ['no return', 'for await (const _ of counted(2, { return: undefined })) { break; } seen.push("after");'],
    [
      'next fails',
      'try { for await (const _ of counted(2, { next: async () => { throw 1; } })) { break; } } catch (e) { seen.push(e); }',
    ],
    [
      'next throws',
      'try { for await (const _ of counted(2, { next() { throw 1; } })) { break; } } catch (e) { seen.push(e); }',
    ],
    [
      'next without a promise',
      'let n = 0; for await (const x of counted(0, { next: () => ({ value: n, done: n++ > 1 }) })) { seen.push(x); }',
    ],
    ['nothing to iterate', 'try { for await (const _ of 1) { break; } } catch (e) { seen.push(e.name); }'],
    ['a list', 'for await (const x of [1, Promise.resolve(2), 3]) { if (x === 3) break; seen.push(x); }'],
    [
      'a generator',
      'function* g() { try { yield 1; yield 2; } finally { seen.push("released"); } } for await (const x of g()) { seen.push(x); break; } seen.push("after");',
    ],
    [
      'a generator to its end',
      'function* g() { yield Promise.resolve(1); yield 2; } for await (const x of g()) { seen.push(x); } seen.push("after");',
    ],
    [
      'continue to a label',
      'out: for await (const a of pages(2)) { for await (const b of pages(2)) { seen.push([a, b]); continue out; } } seen.push("after");',
    ],
    [
      'break to a label',
      'out: for (const a of [1, 2]) { in_: for await (const b of pages(2)) { seen.push([a, b]); break out; } } seen.push("after");',
    ],
    [
      'nested in the iterable',
      'for await (const x of (async function* () { for await (const y of pages(2)) { yield y; } })()) { seen.push(x); break; } seen.push("after");',
    ],
    [
      'an async generator that is left',
      'async function* g() { for await (const x of pages()) { yield x; } } for await (const x of g()) { seen.push(x); break; }',
    ],
    [
      'yield in the iterable',
      'async function* g() { for await (const x of yield 0) { seen.push(x); break; } } const i = g(); await i.next(); await i.next(pages());',
    ],
    [
      'closures',
      'const all = []; for await (const x of pages()) { all.push(() => x); } seen.push(all.map((f) => f()));',
    ],
    [
      'a pattern, and var',
      'for await (var { length, [0]: first } of ["ab", "c"]) { seen.push(first); } seen.push(length);',
    ],
    ['a variable not yet there', 'try { for await (const x of x) { break; } } catch (e) { seen.push(e.name); }'],
    ['code behind it', 'for await (const x of pages(1)) { seen.push(x); } /a/.test("a"); seen.push(1)'],
  ])('a for await does as ECMAScript says: %s', async (name, body) => {
    const AsyncFunction = (async () => {}).constructor as new (code: string) => () => Promise<unknown>;
    const code = `${TOOLS}${body}\nreturn seen;`;
    const id = name.replaceAll(/\W/g, '-').toLowerCase();
    const path = { app: 'app.js', api: 'index.js' };
    const extension = { type: 'operation', path, source: path, host: '*', sandbox: { enabled: true } };
    await host.load({
      manifest: { name: `for-await-${id}`, version: '1.0.0', 'directus:extension': extension },
      source: `export default { id: '${id}', handler: async () => { ${code} } };`,
    });
    expect(await host.operation(id)).toEqual(await new AsyncFunction(code)());
  });
});
