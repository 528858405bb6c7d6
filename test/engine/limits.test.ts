import { encodeValue, SLOT } from '@sandglass/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestEngine } from './open-engine.js';

let engine: TestEngine;

const limited = (name: string, value: number): object => ({
  limit: expect.objectContaining({ name, value }),
});

describe('limits of a call', () => {
  beforeAll(async () => {
    engine = await TestEngine.open();
  });

  afterAll(() => engine.engine.close());

  test('cpuTimeMs ends a loop, close to its bound, and tells what was used', async () => {
    const id = await engine.handler('() => { for (;;); }', { limits: { cpuTimeMs: 50 } });
    const { limit, usage, ...ended } = await engine.call(id);
    expect(ended).toMatchObject({ ok: false, code: 'E_CPU' });
    expect(limit).toMatchObject({ name: 'cpuTimeMs', value: 50 });
    expect(limit!.used).toBeGreaterThan(50);
    expect(usage.cpuTimeMs).toBeGreaterThan(50);
  });

  test('a slice that the watchdog wants to end ends at the next poll, and no other does', async () => {
    const slots = new Int32Array(new SharedArrayBuffer(4 * SLOT.length));
    const watched = await TestEngine.open({ slots });
    const id = await watched.handler('(isLong) => { while (isLong); }', { limits: { cpuTimeMs: 60_000 } });
    slots[SLOT.stop] = slots[SLOT.slice]! + 2;
    expect(await watched.call(id, false)).toMatchObject({ ok: true });
    expect(await watched.call(id, true)).toMatchObject({ code: 'E_CPU', ...limited('cpuTimeMs', 60_000) });
    expect(await watched.call(id, false)).toMatchObject({ ok: true });
    watched.engine.close();
  });

  test('cpuTimeMs counts over all slices of a call', async () => {
    const id = await engine.handler(
      'async () => { for (let i = 0; ; i++) { const end = Date.now() + 5; while (Date.now() < end); await sleep(0); } }',
      { limits: { cpuTimeMs: 200 } },
    );
    engine.seen.length = 0;
    expect(await engine.call(id)).toMatchObject({ code: 'E_CPU', ...limited('cpuTimeMs', 200) });
    expect(engine.seen.length).toBeGreaterThan(1); // several slices, each far below the limit
  });

  test('time spent awaiting is not counted', async () => {
    const silent = await TestEngine.open({ answer: () => undefined });
    const id = await silent.handler('async () => { await sleep(1); return "done"; }', { limits: { cpuTimeMs: 25 } });
    const { callId, ended } = silent.start(id);
    const end = Date.now() + 60; // the thread is busy elsewhere
    while (Date.now() < end);
    silent.engine.settle([{ callId, seq: 1, ok: true, value: encodeValue(undefined) }]);
    expect(await ended).toMatchObject({ ok: true, value: 'done' });
    silent.engine.close();
  });

  test('a native that returns after its budget was used up does not end well', async () => {
    const id = await engine.handler('() => new Array(3_000_000).fill(1).indexOf(2)', { limits: { cpuTimeMs: 1 } });
    expect(await engine.call(id)).toMatchObject({ code: 'E_CPU' });
  });

  test('each of many stack overflows is slow, and cpuTimeMs still holds', async () => {
    const id = await engine.handler('() => { const f = () => { try { f(); } catch { f(); } }; f(); }', {
      limits: { cpuTimeMs: 100 },
    });
    const { code, usage } = await engine.call(id);
    expect(code).toBe('E_CPU');
    // ten times as much without a count that follows the clock
    expect(usage.cpuTimeMs).toBeLessThan(2_000);
  });

  test.each([
    'for (;;) { try { for (;;); } catch {} finally { continue; } }',
    'for (const x of { *[Symbol.iterator]() { try { yield 1; } finally { for (;;); } } }) break;',
  ])('an interrupt cannot be caught: %s', async (body) => {
    const id = await engine.handler(`() => { ${body} }`, { limits: { cpuTimeMs: 30 } });
    expect(await engine.call(id)).toMatchObject({ code: 'E_CPU' });
  });

  test('loadTimeMs ends an entrypoint that loops or waits for ever', async () => {
    const limits = { loadTimeMs: 40 };
    const looping = await engine.tryLoad(engine.describe('for (;;);', { limits }));
    expect(looping.error).toMatchObject({ code: 'E_CPU', limit: { name: 'loadTimeMs', value: 40 } });
    const hung = await engine.tryLoad(engine.describe('await new Promise(() => {}); export default {};', { limits }));
    expect(hung.error).toMatchObject({ code: 'E_WALL', limit: { name: 'loadTimeMs', value: 40 } });
  });

  test.each([2, 8, 64])(
    'memoryLimitBytes of %i MiB is what a guest gets, static data and stack not charged',
    async (mebibytes) => {
      const memoryLimitBytes = mebibytes << 20;
      const id = await engine.handler('(bytes) => new Uint8Array(bytes).length', { limits: { memoryLimitBytes } });
      const most = memoryLimitBytes - (512 << 10); // the engine's own part of the heap
      expect(await engine.value(id, most)).toBe(most);
      const ended = await engine.call(id, memoryLimitBytes);
      expect(ended).toMatchObject({ code: 'E_MEMORY', ...limited('memoryLimitBytes', memoryLimitBytes) });
      expect(ended.limit!.used).toBeGreaterThan(memoryLimitBytes);
    },
  );

  test('a guest can catch the end of its memory and go on', async () => {
    const id = await engine.handler(
      '() => { const all = []; try { for (;;) all.push({}); } catch (error) { all.length = 0; return error === null || error.message; } }',
    );
    expect(await engine.value(id)).toSatisfy((caught) => caught === true || caught === 'out of memory');
  });

  test('memory that runs out inside a promise job ends that call alone', async () => {
    const id = await engine.handler(
      'async (grow) => { await null; const all = []; while (grow) all.push({}); return "fine"; }',
    );
    expect(await engine.call(id, true)).toMatchObject({ code: 'E_MEMORY' });
    expect(await engine.value(id, false)).toBe('fine');
  });

  test('an argument too large for the heap is E_MEMORY', async () => {
    const id = await engine.handler('(text) => text.length', { limits: { memoryLimitBytes: 2 << 20 } });
    expect(await engine.call(id, 'x'.repeat(4 << 20))).toMatchObject({ code: 'E_MEMORY' });
    expect(await engine.value(id, 'x')).toBe(1);
  });

  test('an error that claims to be a limit is an error of the guest', async () => {
    const id = await engine.handler('(text) => { throw new InternalError(text); }');
    for (const text of ['out of memory', 'stack overflow', 'interrupted']) {
      expect(await engine.call(id, text)).toMatchObject({ code: 'E_GUEST', message: text });
    }
  });

  test('stackBytes ends a recursion, and less of it ends it earlier', async () => {
    const depth = '() => { let n = 0; const f = () => { n++; f(); }; try { f(); } catch {} return n; }';
    const small = (await engine.value(await engine.handler(depth, { limits: { stackBytes: 32 << 10 } }))) as number;
    const large = (await engine.value(await engine.handler(depth, { limits: { stackBytes: 256 << 10 } }))) as number;
    expect(large / small).toBeGreaterThan(6);
    expect(large / small).toBeLessThan(10);
    const id = await engine.handler('() => { const f = () => f() + 1; return f(); }', {
      limits: { stackBytes: 32 << 10 },
    });
    expect(await engine.call(id)).toMatchObject({ code: 'E_STACK', ...limited('stackBytes', 32 << 10) });
  });

  test.each([
    [
      'maxPendingCapabilityCalls',
      3,
      'async (n) => { await Promise.all(Array.from({ length: n }, () => sleep(0))); return n; }',
    ],
    ['maxCapabilityCalls', 3, 'async (n) => { for (let i = 0; i < n; i++) await sleep(0); return n; }'],
    ['maxLogLines', 3, '(n) => { for (let i = 0; i < n; i++) log("x"); return n; }'],
  ] as const)('%s is kept to the very count', async (name, value, handler) => {
    const id = await engine.handler(handler, { limits: { [name]: value } });
    expect(await engine.value(id, value)).toBe(value);
    expect(await engine.call(id, value + 1)).toMatchObject({ code: 'E_QUOTA', ...limited(name, value) });
  });

  test('a guest that swallows a quota error has ended all the same', async () => {
    const id = await engine.handler('async () => { for (;;) await sleep(0).catch(() => {}); }', {
      limits: { maxCapabilityCalls: 2 },
    });
    expect(await engine.call(id)).toMatchObject({ code: 'E_QUOTA' });
    const loud = await engine.handler('() => { for (;;) { try { log("x"); } catch {} } }', {
      limits: { maxLogLines: 2 },
    });
    engine.seen.length = 0;
    expect(await engine.call(loud)).toMatchObject({ code: 'E_QUOTA' });
    expect(engine.seen).toHaveLength(2);
  });

  test('maxLogBytes counts the bytes of all lines', async () => {
    const line = encodeValue('x'.repeat(100)).length;
    const id = await engine.handler('(n) => { for (let i = 0; i < n; i++) log("x".repeat(100)); }', {
      limits: { maxLogBytes: 3 * line },
    });
    expect((await engine.call(id, 3)).ok).toBe(true);
    expect(await engine.call(id, 4)).toMatchObject({ code: 'E_QUOTA', ...limited('maxLogBytes', 3 * line) });
  });

  test('console output beyond the limits is dropped in silence', async () => {
    const id = await engine.handler('() => { for (let i = 0; i < 50; i++) console.log(i); return "fine"; }', {
      limits: { maxLogLines: 3 },
    });
    engine.seen.length = 0;
    expect(await engine.value(id)).toBe('fine');
    expect(engine.seen.map(({ args }) => args)).toEqual([['0'], ['1'], ['2']]);
  });

  test('maxArgumentBytes and maxResultBytes are kept to the very byte', async () => {
    const bytes = encodeValue('x'.repeat(1_000)).length;
    for (const name of ['maxArgumentBytes', 'maxResultBytes']) {
      const id = await engine.handler('(text) => text', { limits: { [name]: bytes } });
      expect(await engine.value(id, 'x'.repeat(1_000))).toHaveLength(1_000);
      expect(await engine.call(id, 'x'.repeat(1_001))).toMatchObject({ code: 'E_QUOTA', ...limited(name, bytes) });
    }
  });

  test('maxResultBytes holds for the arguments of a capability too', async () => {
    const id = await engine.handler('async (n) => { await sleep("x".repeat(n)); return n; }', {
      limits: { maxResultBytes: 1_000 },
    });
    expect(await engine.value(id, 900)).toBe(900);
    expect(await engine.call(id, 1_000)).toMatchObject({ code: 'E_QUOTA', ...limited('maxResultBytes', 1_000) });
  });

  test('log lines and capability calls reach the host before the outcome does', async () => {
    const order: string[] = [];
    const watching = await TestEngine.open();
    const finish = watching.finish.bind(watching);
    watching.finish = (outcomes) => {
      if (outcomes.length > 0) order.push('outcome');
      finish(outcomes);
    };
    const receive = watching.receive.bind(watching);
    watching.receive = (calls) => {
      order.push(...calls.map(({ name }) => name));
      receive(calls);
    };
    const id = await watching.handler('async () => { log("1"); await sleep(0); log("2"); }');
    await watching.call(id);
    expect(order).toEqual(['log', 'sleep', 'log', 'outcome']);
    watching.engine.close();
  });

  /** Steps that walk far without a branch or a call: over prototypes, scopes, names and lengths. */
  test.each([
    ['a field that nobody has', 'p.zzz;'],
    ['a length that nobody has', 'p.length;'],
    ['a computed name', 'p[k];'],
    ['in', 'k in p;'],
    ['instanceof', 'p instanceof F;'],
    ['a method that nobody has', 'p?.zzz?.();'],
    ['a field that is set', 'p.zzz = 1; delete p.zzz;'],
    ['super', 's.read();'],
    ['a with scope', 'with (p) typeof zzz;'],
    ['typeof of a with scope, deep', 'with (p) with (p) with (p) typeof zzz;'],
    ['a copy of bytes', 'u.copyWithin(0, 1);'],
    ['a fill', 'u.fill(k.length);'],
    ['a new buffer', 'new Uint8Array(2e7);'],
    ['a slice of bytes', 'u.slice();'],
    ['a string of a string', 'l.slice(1);'],
    ['a comparison', 'l === m;'],
  ])('cpuTimeMs ends straight code of slow steps: %s', async (_, step) => {
    const handler = `() => {
    let p = {};
    for (let i = 0; i < 100_000; i++) p = Object.create(p);
    const s = { __proto__: p, read() { return super.zzz; } };
    const u = new Uint8Array(2e7), l = 'ab'.repeat(2e6), m = 'ab'.repeat(2e6 - 1) + 'ac';
    new Function('p', 'k', 'F', 's', 'u', 'l', 'm', ${JSON.stringify(step)}.repeat(20_000))(p, 'zzz', Array, s, u, l, m);
  }`;
    const limits = { cpuTimeMs: 200, memoryLimitBytes: 128 << 20 };
    const { code, usage } = await engine.call(await engine.handler(handler, { limits }));
    expect(code).toBe('E_CPU');
    expect(usage.cpuTimeMs).toBeLessThan(3_000); // up to a minute without a poll in such steps
  });

  test('names of JSON that were made to collide cost no more than others', async () => {
    const id = await engine.handler('(text) => Object.keys(JSON.parse(text)).length', {
      limits: { cpuTimeMs: 60_000 },
    });
    const spend = async (letters: string[]): Promise<number> => {
      const toName = (i: number): string => Array.from({ length: 15 }, (_, bit) => letters[(i >> bit) & 1]).join('');
      const text = JSON.stringify(Object.fromEntries(Array.from({ length: 16_000 }, (_, i) => [toName(i), 1])));
      const ended = await engine.call(id, text);
      expect(ended.value).toBe(16_000);
      return ended.usage.cpuTimeMs;
    };
    const least = async (letters: string[]): Promise<number> => {
      const spent: number[] = [];
      for (let i = 0; i < 4; i++) spent.push(await spend(letters));
      return Math.min(...spent);
    };
    const others = await least(['By', 'A\u0184']);
    const colliding = await least(['By', 'A\u0180']); // 66 * 263 + 121 = 65 * 263 + 384
    expect(colliding).toBeLessThan(4 * others); // 13 times as much with a multiplier that is known
  });

  test('a memory limit of any size is one that an extension can be loaded with', async () => {
    for (let size = 2 << 20; size < (2 << 20) + (1 << 16); size += 4_000) {
      const id = await engine.handler('() => new Uint8Array(1_000_000).length', { limits: { memoryLimitBytes: size } });
      expect([size, await engine.value(id)]).toEqual([size, 1_000_000]);
      engine.engine.forget(id);
    }
  });

  test.each(['pristine', 'persistent'] as const)(
    'copies of answers and arguments are freed with the slice that they were for (%s)',
    async (isolation) => {
      const patient = await TestEngine.open({ answer: () => ({ value: 'y'.repeat(1_000_000) }) });
      const handler = `async (first) => {
      let n = 0;
      for (let i = 0; i < 40; i++) n += (await request('https://x.test/', { body: 'x'.repeat(1_000_000) + i })).length;
      return n;
    }`;
      const limits = { memoryLimitBytes: 16 << 20, cpuTimeMs: 20_000 };
      const id = await patient.handler(handler, { limits, isolation });
      expect(await patient.value(id, 'z'.repeat(1_000_000))).toBe(40_000_000);
      patient.engine.close();
    },
  );

  /** Fills the heap while something is open that has to be taken down then. */
  test.each([
    ['a generator', '(function* () { try { yield* [keep, 1]; } finally { keep.push(1); FILL } })().next();'],
    ['an iteration', 'for (const x of (function* () { try { yield 1; yield 2; } finally { FILL } })()) { FILL }'],
    [
      'an async generator',
      'const g = (async function* () { try { yield 1; } finally { FILL } })(); await g.next(); await g.return();',
    ],
    [
      'a for await',
      'for await (const x of (async function* () { try { yield 1; } finally { FILL } })()) { FILL break; }',
    ],
    ['a static block', 'class A { static { FILL } }'],
    ['a private field', 'class A { #x = (() => { FILL })(); } new A();'],
    ['a sort', 'FILLED [...Array(3_000).keys()].sort((a, b) => { keep.push([a]); return b - a; }); FILL'],
    ['a reviver', 'JSON.parse("[" + "[1,2],".repeat(9_000) + "1]", (k, v) => { keep.push([v]); return v; }); FILL'],
    ['a replacer', 'JSON.stringify(Array(9_999).fill({ a: [1] }), (k, v) => { keep.push([k]); return v; }); FILL'],
    ['a regular expression', 'for (const m of "abc".repeat(99_999).matchAll(/(?<n>a)(b)?/dg)) keep.push(m);'],
    ['a deep expression', 'FILLED new RegExp("(".repeat(200) + ")".repeat(200)).exec("a"); FILL'],
    ['a recursion', 'FILLED (function f() { try { f(); } catch { FILL } })();'],
    ['a finalizer', 'new FinalizationRegistry(() => { FILL }).register({}, 1); FILL'],
    ['a proxy', 'new Proxy({}, { get(t, k, r) { keep.push(Array(99).fill(1)); return r[k]; } }).x; FILL'],
    ['a job', 'Promise.all(Array.from({ length: 99 }, async () => { FILLED await 0; FILL }));'],
    ['a compilation', 'FILLED eval("class Q { static x = " + "1+".repeat(2_000) + "1 }"); FILL'],
  ])('a full heap is the guest’s fault, whatever it catches: %s', async (_, code) => {
    for (const piece of ['Array(4_000).fill(0)', '{ a: {}, b: [] }', '() => keep', '"x" + keep.length', 'Array(7)']) {
      const fill = `for (;;) keep.push(${piece});`;
      const filled = `try { ${fill} } catch { keep.length -= 2; }`;
      const body = code.replaceAll('FILLED', filled).replaceAll('FILL', fill);
      const handler = `async () => { const keep = []; try { ${body} } catch {} throw keep; }`;
      const id = await engine.handler(handler, { limits: { memoryLimitBytes: 3 << 20, cpuTimeMs: 500 } });
      for (let i = 0; i < 2; i++)
        expect(['E_MEMORY', 'E_GUEST', 'E_CLONE', 'E_CPU']).toContain((await engine.call(id)).code);
      engine.engine.forget(id);
    }
  });
});
