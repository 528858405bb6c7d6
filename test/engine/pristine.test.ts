import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { encodeValue, type SnapshotWire } from '@sandglass/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { MemoryWatch, restedBytesOf } from './memories.js';
import { TestEngine } from './open-engine.js';

let watch: MemoryWatch;
let engine: TestEngine;

const bytesOf = (memory: WebAssembly.Memory): Buffer => Buffer.from(memory.buffer);

const MARKER = 'left-behind-by-a-call';

/** Handlers that leave something wherever a call can. */
const LITTER: [string, string][] = [
  ['globals and prototypes', '(m) => { globalThis[m] = m; Object.prototype[m] = m; Array.prototype.map = () => m; }'],
  ['module state', '(m) => { state.push(m.repeat(100)); }'],
  ['RegExp and symbols', '(m) => { /left-(\\w+)/.exec(m); Symbol.for(m); RegExp.prototype.exec = () => null; }'],
  ['a heap of a few megabytes', '(m) => { globalThis.all = Array.from({ length: 30_000 }, (_, i) => m + i); }'],
  ['the whole C stack', '(m) => { const f = (n) => f(m + n); try { f(0); } catch {} JSON.stringify([m, [m]]); }'],
  ['pending jobs and promises', 'async (m) => { const f = () => Promise.resolve(m).then(f); f(); sleep(m).then(f); }'],
  ['an error', '(m) => { throw Object.assign(new Error(m), { m }); }'],
  [
    'finalizers',
    '(m) => { globalThis.r = new FinalizationRegistry(() => m); for (let i = 0; i < 99; i++) r.register({}, m); }',
  ],
  ['a loop that was ended', '(m) => { for (;;) globalThis[m] = m; }'],
  ['an exhausted heap', '(m) => { for (globalThis.all = []; ; ) all.push(m + all.length); }'],
];

const RANDOM_AT_LOAD = "const at = Math.random(); export default { id: 'x', handler: () => at };";

async function loadFrom(snapshot: SnapshotWire, source = RANDOM_AT_LOAD): Promise<{ same: boolean; ok: boolean }> {
  const extension = engine.describe(RANDOM_AT_LOAD);
  const { loaded } = await engine.tryLoad(extension);
  const original = await engine.value(extension.id);
  const changed = { ...engine.describe(source) };
  const bytes = new Uint8Array(loaded!.snapshot.bytes).slice();
  const wire = snapshot.bytes.byteLength === 0 ? { key: loaded!.snapshot.key, bytes: bytes.buffer } : snapshot;
  const reply = await engine.tryLoad(changed, wire);
  return { ok: reply.loaded !== undefined, same: (await engine.value(changed.id)) === original };
}

describe('a pristine sandbox', () => {
  beforeAll(async () => {
    watch = new MemoryWatch();
    engine = await TestEngine.open();
  });

  beforeEach(() => {
    watch.memories.length = 0;
  });

  afterAll(() => {
    engine.engine.close();
    watch.close();
  });

  test.each(LITTER)('after a call that left %s, every byte of memory is as before', async (_, handler) => {
    const id = await engine.handler(handler, {
      before: 'const state = []',
      limits: { cpuTimeMs: 200, memoryLimitBytes: 8 << 20 },
    });
    const [memory] = watch.memories;
    const before = restedBytesOf(memory!).toString('latin1');
    expect(before).not.toContain(`${MARKER}0`);
    for (const _ of ['restored from the snapshot', 'restored from copies']) {
      await engine.start(id, MARKER).over;
      expect(bytesOf(memory!).includes(MARKER)).toBe(false);
      const after = restedBytesOf(memory!);
      expect(after.subarray(0, before.length).equals(Buffer.from(before, 'latin1'))).toBe(true);
      const grown = after.subarray(before.length);
      expect(grown.every((byte) => byte === 0)).toBe(true);
    }
  });

  test('a marker is found in memory during its call, so that the search means something', async () => {
    const silent = await TestEngine.open({ answer: () => undefined });
    watch.memories.length = 0;
    const id = await silent.handler('async (m) => { await sleep(1); return m; }');
    const { callId } = silent.start(id, MARKER);
    expect(watch.memories.some((memory) => bytesOf(memory).includes(MARKER))).toBe(true);
    silent.engine.abort([callId]);
    expect(watch.memories.some((memory) => bytesOf(memory).includes(MARKER))).toBe(false);
    silent.engine.close();
  });

  test('a new sandbox is byte for byte a restored one', async () => {
    const silent = await TestEngine.open({ answer: () => undefined });
    watch.memories.length = 0;
    const id = await silent.handler('async () => { await sleep(1); }');
    const calls = [silent.start(id), silent.start(id)];
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    while (silent.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
    silent.engine.abort(calls.map(({ callId }) => callId));
    expect(watch.memories).toHaveLength(2);
    // each has begun with some free heap
    const [shorter, longer] = watch.memories.map(restedBytesOf).sort((a, b) => a.length - b.length);
    expect(longer!.subarray(0, shorter!.length).equals(shorter!)).toBe(true);
    expect(longer!.subarray(shorter!.length).every((byte) => byte === 0)).toBe(true);
    silent.engine.close();
  });

  test('each call has a sequence of Math.random of its own', async () => {
    const id = await engine.handler('() => [Math.random(), Math.random()]', { before: 'Math.random()' });
    const values = [];
    for (let i = 0; i < 200; i++) values.push(...((await engine.value(id)) as number[]));
    expect(new Set(values).size).toBe(400);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean).toBeGreaterThan(0.4);
    expect(mean).toBeLessThan(0.6);
  });

  test('two calls in a row cannot tell that they are two', async () => {
    const id = await engine.handler(
      `() => {
      const answer = [typeof globalThis.x, n++, RegExp.$1 ?? '', [].y, Reflect.ownKeys(globalThis).length];
      globalThis.x = 1; Array.prototype.y = 1; /(a)/.exec('a');
      return answer;
    }`,
      { before: 'let n = 0' },
    );
    const first = await engine.value(id);
    expect(await engine.value(id)).toEqual(first);
  });

  test('guests live in UTC wherever the host is', async () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'America/New_York';
    try {
      expect(new Date(0).getTimezoneOffset()).toBe(300);
      const id = await engine.handler(
        '() => [new Date(0).getTimezoneOffset(), new Date(2020, 6, 1).getTime(), new Date(0).toString(), new Date(2021, 1, 29, 1, 2, 3).getDate()]',
      );
      expect(await engine.value(id)).toEqual([
        0,
        Date.UTC(2020, 6, 1),
        expect.stringMatching(/^Thu Jan 01 1970 00:00:00 GMT\+0000/),
        1,
      ]);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  test('a snapshot runs in another engine, and the source is not evaluated again', async () => {
    const extension = engine.describe(RANDOM_AT_LOAD);
    const { loaded } = await engine.tryLoad(extension);
    const other = await TestEngine.open();
    other.engine.install({ extension, loaded: loaded! });
    expect(await other.value(extension.id)).toBe(await engine.value(extension.id));
    const again = { ...extension, id: 77 };
    const reply = await other.tryLoad(again, loaded!.snapshot);
    expect(reply.loaded!.registrations).toEqual([{ type: 'operation', id: 'x', handler: 0 }]);
    expect(await other.value(77)).toBe(await engine.value(extension.id));
    other.engine.close();
  });

  test('a snapshot runs in another process', async () => {
    const extension = engine.describe(RANDOM_AT_LOAD);
    const { loaded } = await engine.tryLoad(extension);
    const folder = await mkdtemp(join(tmpdir(), 'snapshot-'));
    try {
      await writeFile(join(folder, 'bytes'), new Uint8Array(loaded!.snapshot.bytes));
      await writeFile(join(folder, 'extension.json'), JSON.stringify({ extension, key: loaded!.snapshot.key }));
      const script = fileURLToPath(new URL('run-snapshot.mjs', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [script, folder]);
      expect(JSON.parse(stdout)).toBe(await engine.value(extension.id));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a snapshot is used for the very same extension alone', async () => {
    const copy = { key: '', bytes: new ArrayBuffer(0) };
    expect(await loadFrom(copy)).toEqual({ ok: true, same: true });
    expect(await loadFrom(copy, `${RANDOM_AT_LOAD}\n`)).toEqual({ ok: true, same: false });
  });

  test.each([0, 5, 20, 60, 0.25, 0.5, 0.99])('a snapshot with a byte changed at %d is ignored', async (where) => {
    const extension = engine.describe(RANDOM_AT_LOAD);
    const { loaded } = await engine.tryLoad(extension);
    const bytes = new Uint8Array(loaded!.snapshot.bytes).slice();
    const at = where < 1 && where > 0 ? Math.floor(bytes.length * where) : where;
    bytes[at]! ^= 1;
    const other = engine.describe(RANDOM_AT_LOAD);
    const reply = await engine.tryLoad(other, { key: loaded!.snapshot.key, bytes: bytes.buffer });
    expect(reply.error).toBeUndefined();
    expect(await engine.value(other.id)).not.toBe(await engine.value(extension.id));
  });

  test.each([0, 10, 39, 40, 1_000])('a snapshot cut off after %i bytes is ignored', async (length) => {
    const extension = engine.describe(RANDOM_AT_LOAD);
    const { loaded } = await engine.tryLoad(extension);
    const bytes = new Uint8Array(loaded!.snapshot.bytes).slice(0, length);
    const reply = await engine.tryLoad(engine.describe(RANDOM_AT_LOAD), {
      key: loaded!.snapshot.key,
      bytes: bytes.buffer,
    });
    expect(reply.error).toBeUndefined();
  });

  test('a sandbox through which an exception of the host went is dropped, and the next call is pristine', async () => {
    const id = await engine.handler('(deep) => { n++; if (deep) JSON.parse("[".repeat(1e6)); return n; }', {
      before: 'let n = 0',
    });
    const { replacements } = engine.engine.stats();
    expect(await engine.call(id, true)).toMatchObject({ ok: false, code: 'E_STACK' });
    expect(engine.engine.stats().replacements).toBe(replacements + 1);
    expect(await engine.value(id, false)).toBe(1);
  });

  test('a sandbox that grew far is replaced, one that grew a little is restored', async () => {
    const id = await engine.handler('(bytes) => new Uint8Array(bytes).length');
    const { replacements } = engine.engine.stats();
    await engine.value(id, 1 << 20);
    expect(engine.engine.stats().replacements).toBe(replacements);
    await engine.value(id, 16 << 20);
    expect(engine.engine.stats().replacements).toBe(replacements + 1);
  });

  test('a thousand calls wait side by side, each as in a sandbox of its own, in few', async () => {
    const silent = await TestEngine.open({ answer: () => undefined });
    const id = await silent.handler('async (n) => { own = n; await sleep(n); return own === n ? n : -1; }', {
      before: 'let own',
    });
    const calls = Array.from({ length: 1_000 }, (_, n) => silent.start(id, n));
    while (silent.seen.length < 1_000) await new Promise((resolve) => setImmediate(resolve));
    expect(silent.engine.stats().sandboxes).toBeLessThanOrEqual(32);
    silent.engine.settle(
      silent.seen.map(({ callId, seq }) => ({ callId, seq, ok: true, value: encodeValue(undefined) })),
    );
    const ended = await Promise.all(calls.map((call) => call.ended));
    expect(ended.map(({ value }) => value)).toEqual(calls.map((_, n) => n));
    silent.engine.close();
  }, 60_000);

  test('calls that end while others wait for a sandbox leave them theirs', async () => {
    const busy = await TestEngine.open();
    const id = await busy.handler('(n) => { let s = ""; while (n % 2) s += "x".repeat(100_000); return n; }', {
      limits: { memoryLimitBytes: 16 << 20 },
    });
    await busy.call(id, 1); // leaves none
    const ended = await Promise.all(Array.from({ length: 40 }, (_, n) => busy.call(id, n)));
    expect(ended.map(({ code, value }) => code ?? value)).toEqual(
      Array.from({ length: 40 }, (_, n) => (n % 2 ? 'E_MEMORY' : n)),
    );
    expect(busy.engine.stats().sandboxes).toBeLessThanOrEqual(2);
    busy.engine.close();
  });

  test('forgetting an extension drops its sandboxes and its calls, the suspended and the starting ones', async () => {
    const silent = await TestEngine.open({ answer: () => undefined });
    const id = await silent.handler(
      'async () => { const big = new Uint8Array(1 << 20).fill(1); await sleep(1); return big.length; }',
    );
    silent.start(id); // in the sandbox at hand, which it keeps: it has written much
    silent.start(id); // in one that is being made
    silent.engine.forget(id);
    expect(silent.engine.stats()).toMatchObject({ sandboxes: 0, snapshots: 0, memoryBytes: 0 });
    const other = await silent.handler('() => 1'); // by then the sandbox in the making is there
    expect(await silent.value(other)).toBe(1);
    expect(silent.seen).toHaveLength(1);
    expect(silent.engine.stats().sandboxes).toBe(1);
    expect(await silent.call(id)).toMatchObject({ code: 'E_NOT_FOUND' });
  });

  test('an extension that is forgotten while it loads is not there afterwards', async () => {
    const extension = engine.describe("await new Promise(() => {}); export default { id: 'x', handler() {} };", {
      limits: { loadTimeMs: 50 },
    });
    const loading = engine.tryLoad(extension);
    engine.engine.forget(extension.id);
    expect((await loading).error).toBeDefined();
    expect(await engine.call(extension.id)).toMatchObject({ code: 'E_NOT_FOUND' });
  });

  test('an aborted call has no outcome, and a late answer to it does nothing', async () => {
    const silent = await TestEngine.open({ answer: () => undefined });
    const id = await silent.handler('async () => { n++; await sleep(1); return n; }', { before: 'let n = 0' });
    const { callId, ended } = silent.start(id);
    let settled = false;
    void ended.then(() => (settled = true));
    silent.engine.abort([callId]);
    silent.engine.settle([{ callId, seq: 1, ok: true, value: encodeValue(undefined) }]);
    const next = silent.start(id);
    silent.engine.settle([{ callId: next.callId, seq: 1, ok: true, value: encodeValue(undefined) }]);
    expect(await next.ended).toMatchObject({ ok: true, value: 1 });
    expect(settled).toBe(false);
    silent.engine.close();
  });

  test('module specifiers: directus:api alone, statically alone', async () => {
    for (const specifier of ['fs', 'directus:API', 'directus:', './x.js', '', 'directus:api/x']) {
      const { error } = await engine.tryLoad(
        engine.describe(`import ${JSON.stringify(specifier)}; export default {};`),
      );
      expect(error).toMatchObject({
        code: 'E_LOAD',
        message: 'Imports other than "directus:api" are prohibited in API extension sandboxes',
      });
    }
    const id = await engine.load(`
    const early = await import('directus:api').catch((error) => error.message);
    export default { id: 'x', handler: async () => [early, await import('directus:api').catch((error) => error.message)] };
  `);
    expect(await engine.value(id)).toEqual(['Not supported', 'Not supported']);
    const missing = await engine.tryLoad(engine.describe("import { nothing } from 'directus:api'; export default {};"));
    expect(missing.error!.code).toBe('E_LOAD');
  });
});
