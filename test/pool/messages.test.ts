import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { decodeValue, encodeValue, packOutcomes } from '@sandglass/core';
import { compileEngine } from '@sandglass/worker';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { LanePool, type LanePoolOptions } from '../../packages/host/src/pool/pool.js';
import { extensionWire } from '../../packages/host/src/pool/testing/fake-lanes.js';
import { createWorkerLanes } from '../../packages/host/src/pool/links/thread-pool.js';

const THREAD = fileURLToPath(new URL('../../packages/host/src/pool/testing/thread.mjs', import.meta.url));

const open: LanePool[] = [];

type OnCapability = LanePoolOptions['onCapability'];

async function openPool(onCapability: OnCapability): Promise<LanePool> {
  const lanes = createWorkerLanes({ filename: THREAD, wasm: await compileEngine(), maxLanes: 2 });
  const pool = new LanePool({
    startLane: lanes.start,
    onClose: () => lanes.close(),
    maxThreads: 2,
    onCapability,
    isEffect: (name) => name === 'request',
  });
  open.push(pool);
  await pool.load(extensionWire(1));
  return pool;
}

async function call(pool: LanePool, order: unknown): Promise<unknown> {
  const extension = { id: 1, name: 'extension-1' };
  return decodeValue(await pool.call({ extension, handler: 0, argument: encodeValue(order) }));
}

/** The corpus' rows that are messages, and what stands in words. */
const ROWS = (
  JSON.parse(readFileSync(new URL('../corpus/messages.json', import.meta.url), 'utf8')) as { message: unknown }[]
)
  .slice(1)
  .map(({ message }) => message);

/** The id of the call that waits in every test. It is the pool's first. */
const WITNESS = 1;
const NOBODY = 999;

/** Rows in the words of another protocol, put into those of this one. */
function translate(message: unknown): unknown[] {
  const value = message === 'null' ? null : message === 'undefined' ? undefined : message;
  const inside = [
    value,
    { type: 'capabilities', calls: value },
    { type: 'capabilities', calls: [value] },
    { type: 'outcomes', outcomes: value },
    { type: 'outcomes', outcomes: { packed: value, errors: [value] } },
  ];
  if (typeof value !== 'object' || value === null || !('type' in value)) return inside;
  const { type, id, op, args, ...rest } = value as Record<string, unknown>;
  if (type === 'call') {
    const capability = {
      callId: id,
      seq: 1,
      name: op,
      args: Array.isArray(args) ? args.map((each) => encodeValue(each)) : args,
    };
    return [...inside, { type: 'capabilities', calls: [{ ...capability, ...rest, callId: id === 1 ? NOBODY : id }] }];
  }
  if (type !== 'result') return inside;
  const usage = { cpuTimeMs: 0, heapBytes: 0 };
  const outcomes = packOutcomes([{ callId: NOBODY, ok: true, value: encodeValue(1), usage }]);
  return [...inside, { type: 'outcomes', outcomes }];
}

const IN_WORDS: Readonly<Record<string, unknown[]>> = {
  '1e6 messages in one tick': [{ do: 'raw', times: 1_000_000, message: { type: 'nope' } }],
  'message after the invocation ended': [
    { do: 'value' },
    {
      do: 'raw',
      message: { type: 'capabilities', calls: [{ callId: 2, seq: 1, name: 'request', args: [] }] },
    },
    {
      do: 'raw',
      message: {
        type: 'outcomes',
        outcomes: packOutcomes([{ callId: 2, ok: true, value: encodeValue(1), usage: { cpuTimeMs: 0, heapBytes: 0 } }]),
      },
    },
  ],
  'same call id twice': [
    {
      do: 'raw',
      times: 2,
      message: { type: 'capabilities', calls: [{ callId: WITNESS, seq: 1, name: 'sleep', args: [] }] },
    },
  ],
  'transfer of a MessagePort, SharedArrayBuffer, CryptoKey, FileHandle': [{ do: 'transfer' }],
  'value whose clone throws (DataCloneError in the worker)': [{ do: 'unclonable' }],
};

describe('messages of a thread', () => {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((pool) => pool.close(0)));
  });

  test.each(ROWS.map((message) => [message]))(
    '%j settles no other call, reaches no capability, and harms nobody',
    async (message) => {
      const onCapability = vi.fn<OnCapability>(() => new Promise(() => {}));
      const pool = await openPool(onCapability);
      let isSettled = false;
      const witness = call(pool, { do: 'ask', name: 'sleep' });
      witness.then(
        () => (isSettled = true),
        () => (isSettled = true),
      );
      await vi.waitUntil(() => onCapability.mock.calls.length === 1);
      const orders =
        (typeof message === 'string' ? IN_WORDS[message] : undefined) ??
        translate(message).map((each) => ({ do: 'raw', message: each }));
      for (const order of orders) await call(pool, order).catch(() => {});
      expect(await call(pool, { value: 'after' })).toBe('after');
      expect(isSettled).toBe(false);
      const names = onCapability.mock.calls.map(([{ callId, name }]) => `${callId} ${name}`);
      expect(new Set(names)).toEqual(new Set([`${WITNESS} sleep`]));
      const { ignored, violations, kills, lost } = pool.stats();
      expect(ignored + violations + kills + lost).toBeGreaterThan(0);
    },
  );
});
