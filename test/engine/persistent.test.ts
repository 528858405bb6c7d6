import { encodeValue, type SettlementWire } from '@sandglass/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { TestEngine, type ExtensionOptions } from './open-engine.js';

const PERSISTENT: ExtensionOptions = { isolation: 'persistent' };

let engine: TestEngine;

/** Answers the capability calls that wait, in the order in which they were made. */
function answerAll(): void {
  const settlements = engine.seen
    .splice(0)
    .map(({ callId, seq }): SettlementWire => ({ callId, seq, ok: true, value: encodeValue(undefined) }));
  engine.engine.settle(settlements);
}

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
};

describe('a persistent sandbox', () => {
  beforeEach(async () => {
    engine = await TestEngine.open({ answer: () => undefined });
  });

  afterEach(() => engine.engine.close());

  test('module state survives from call to call', async () => {
    const id = await engine.handler('() => ++n', { ...PERSISTENT, before: 'let n = 0' });
    expect([await engine.value(id), await engine.value(id), await engine.value(id)]).toEqual([1, 2, 3]);
  });

  test('calls interleave at their awaits', async () => {
    const id = await engine.handler(
      'async (name) => { trace.push(name + 1); await sleep(0); trace.push(name + 2); return [...trace]; }',
      {
        ...PERSISTENT,
        before: 'const trace = []',
      },
    );
    const first = engine.start(id, 'a');
    const second = engine.start(id, 'b');
    await until(() => engine.seen.length === 2);
    answerAll();
    expect((await first.ended).value).toEqual(['a1', 'b1', 'a2']);
    expect((await second.ended).value).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('one call can settle what another waits for', async () => {
    const id = await engine.handler('(open) => (open ? (release("opened"), "done") : gate)', {
      ...PERSISTENT,
      before: 'let release; const gate = new Promise((resolve) => (release = resolve))',
    });
    const first = engine.start(id, false);
    expect(await engine.value(id, true)).toBe('done');
    expect(await engine.value(id, true)).toBe('done');
    expect(await first.ended).toMatchObject({ ok: true, value: 'opened' });
  });

  test('what a call leaves to be done is its own cost, and ends with it', async () => {
    const id = await engine.handler(
      '(loop) => { n++; if (loop) { const f = () => Promise.resolve().then(f); f(); } return n; }',
      {
        ...PERSISTENT,
        before: 'let n = 0',
        limits: { cpuTimeMs: 50 },
      },
    );
    expect(await engine.value(id, false)).toBe(1);
    expect(await engine.call(id, true)).toMatchObject({ code: 'E_CPU' });
    // a new sandbox: the loop is gone, and so is the state
    expect(await engine.value(id, false)).toBe(1);
  });

  test('a call that throws leaves the others and the state alone', async () => {
    const id = await engine.handler(
      'async (bad) => { n++; await sleep(0); if (bad) throw new Error("bad"); return n; }',
      {
        ...PERSISTENT,
        before: 'let n = 0',
      },
    );
    const bad = engine.start(id, true);
    const good = engine.start(id, false);
    await until(() => engine.seen.length === 2);
    answerAll();
    expect(await bad.ended).toMatchObject({ ok: false, code: 'E_GUEST', message: 'bad' });
    expect(await good.ended).toMatchObject({ ok: true, value: 2 });
  });

  test('a call that is stopped takes its sandbox with it, and every other call ends with a code', async () => {
    const id = await engine.handler('async (loop) => { await sleep(0); while (loop); return "fine"; }', {
      ...PERSISTENT,
      limits: { cpuTimeMs: 50 },
    });
    const other = engine.start(id, false);
    const looping = engine.start(id, true);
    await until(() => engine.seen.length === 2);
    const [, last] = engine.seen;
    engine.engine.settle([{ callId: looping.callId, seq: last!.seq, ok: true, value: encodeValue(undefined) }]);
    expect(await looping.ended).toMatchObject({ code: 'E_CPU' });
    expect(await other.ended).toMatchObject({ code: 'E_WORKER_LOST' });
    engine.seen.length = 0;
    const next = engine.start(id, false);
    await until(() => engine.seen.length === 1);
    answerAll();
    expect(await next.ended).toMatchObject({ ok: true, value: 'fine' });
  });

  test('an aborted call never goes on, and the others do', async () => {
    const id = await engine.handler('async (name) => { await sleep(0); trace.push(name); return [...trace]; }', {
      ...PERSISTENT,
      before: 'const trace = []',
    });
    const aborted = engine.start(id, 'aborted');
    const other = engine.start(id, 'other');
    await until(() => engine.seen.length === 2);
    engine.engine.abort([aborted.callId]);
    answerAll();
    expect((await other.ended).value).toEqual(['other']);
  });

  test('memory does not grow with the number of calls', async () => {
    const id = await engine.handler(
      'async (o) => { await sleep(0); sleep(1); if (o.n % 3 === 0) throw new Error("x"); return { o, m: new Map([[1, o]]) }; }',
      PERSISTENT,
    );
    const run = async (count: number): Promise<number> => {
      let heapBytes = 0;
      for (let n = 0; n < count; n++) {
        const { ended, over } = engine.start(id, { n, text: 'x'.repeat(500), map: new Map([[n, n]]) });
        await until(() => engine.seen.length > 0);
        answerAll();
        await ended;
        answerAll(); // the sleep that nobody awaits
        heapBytes = (await over).usage.heapBytes;
        engine.seen.length = 0;
      }
      return heapBytes;
    };
    const before = await run(200);
    expect(await run(2_000)).toBe(before);
  });

  test('calls at once before the sandbox is there share the one that is made', async () => {
    const id = await engine.handler('() => ++n', { ...PERSISTENT, before: 'let n = 0' });
    const ended = await Promise.all(Array.from({ length: 20 }, () => engine.call(id)));
    expect(ended.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(engine.engine.stats().sandboxes).toBe(1);
  });
});
