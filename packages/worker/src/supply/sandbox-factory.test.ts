import { decodeValue, DEFAULT_LIMITS, encodeValue, type ExtensionWire } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { createEngine } from '../calls/engine.js';
import { CARD_BYTES, CARD_TABLE } from '../quickjs/memory/cards.js';
import { compileEngine } from '../quickjs/engine-module.js';
import { findLayout } from '../quickjs/find-layout.js';
import type { Instance } from '../quickjs/instance.js';
import { SandboxFactory } from './sandbox-factory.js';
import { PoisonedError, type Sandbox } from '../sandbox/sandbox.js';
import { openSnapshot, type Snapshot } from '../sandbox/snapshot.js';

const wasm = await compileEngine();
const layout = await findLayout(wasm);
const NOTHING = {
  mustStop: () => false,
  onCapability: () => undefined,
  onSync: () => undefined,
  onRejection: () => undefined,
  onHandled: () => 0,
};

function extensionOf(source: string): ExtensionWire {
  return {
    id: 1,
    name: 'work',
    type: 'operation',
    filename: 'index.js',
    source,
    isolation: 'pristine',
    limits: { ...DEFAULT_LIMITS, memoryLimitBytes: 16 << 20 },
    capabilities: [],
    nodeEnv: 'test',
  };
}

async function snapshotOf(extension: ExtensionWire): Promise<Snapshot> {
  const engine = await createEngine({ wasm, onOutcomes: () => undefined, onCapabilities: () => undefined });
  const reply = await engine.load(extension);
  if (!reply.ok) throw new Error(reply.error.message);
  const { snapshot } = reply.loaded;
  return openSnapshot(snapshot, snapshot.key, layout)!;
}

const WRITER = extensionOf(
  `export default { id: 'work', handler: ({ n }) => { const a = []; for (let i = 0; i < n; i++) a.push('x'.repeat(1000) + i); return a.length; } };`,
);
const OTHER = extensionOf(`export default { id: 'work', handler: () => 'other' };`);

function call(sandbox: Sandbox, argument: unknown): void {
  sandbox.begin();
  sandbox.copy(NOTHING, sandbox.invoke(NOTHING, 0, encodeValue(argument)).value);
}

/** Ends an instance in the middle of guest code, as an exception of the host's does. */
function poison(sandbox: Sandbox): void {
  const failing = {
    ...NOTHING,
    mustStop: (): boolean => {
      throw new Error('failed');
    },
  };
  expect(() => sandbox.invoke(failing, 0, encodeValue({ n: 1_000 }))).toThrow(PoisonedError);
}

/** The memory of a booted instance, but for what follows the clock. */
async function withoutClock({ bytes }: Instance): Promise<Uint8Array> {
  const { ctx } = (await snapshotOf(OTHER)).header.realm;
  const copy = bytes.slice();
  copy.fill(0, ctx + layout.randomOffset, ctx + layout.randomOffset + 8);
  return copy.fill(0, ctx + layout.countdownOffset, ctx + layout.countdownOffset + 4);
}

const LARGE = extensionOf(
  `const all = Array.from({ length: 40_000 }, (_, i) => 'number ' + i);
  export default { id: 'work', handler: ({ n }) => all[n] };`,
);

describe('SandboxFactory', () => {
  test.each([
    ['a instance', 100, true],
    ['a memory that had grown', 8_000, false],
  ])('%s that is used again holds what a new one holds', async (_, n, isMachine) => {
    const snapshot = await snapshotOf(OTHER);
    const fresh = (await new SandboxFactory(wasm, layout).open(OTHER, snapshot)).retire();
    const factory = new SandboxFactory(wasm, layout);
    const writer = await factory.open(WRITER, await snapshotOf(WRITER));
    call(writer, { n });
    const instance = writer.retire();
    factory.retire(writer);
    const again = (await factory.open(OTHER, snapshot)).retire();
    expect(again === instance).toBe(isMachine);
    expect(again.memory).toBe(instance.memory);
    expect(again.bytes.length > fresh.bytes.length).toBe(!isMachine);
    expect(Buffer.compare(again.bytes.subarray(0, fresh.bytes.length), fresh.bytes)).toBe(0);
    expect(again.bytes.subarray(fresh.bytes.length).every((byte) => byte === 0)).toBe(true);
  });

  test('an extension is loaded in a used instance as in a new one', async () => {
    const factory = new SandboxFactory(wasm, layout);
    const fresh = (await new SandboxFactory(wasm, layout).boot(OTHER)).retire();
    const sandbox = await factory.open(WRITER, await snapshotOf(WRITER));
    call(sandbox, { n: 100 });
    const instance = sandbox.retire();
    factory.retire(sandbox);
    const again = (await factory.boot(OTHER)).retire();
    expect(again).toBe(instance);
    const [first, second] = await Promise.all([fresh, again].map(withoutClock));
    expect(Buffer.compare(second!.subarray(0, first!.length), first!)).toBe(0);
    expect(second!.subarray(first!.length).every((byte) => byte === 0)).toBe(true);
  });

  test('a sandbox is booted as often as it takes to know that more of its kind will follow', async () => {
    const factory = new SandboxFactory(wasm, layout);
    const instances = [];
    for (let i = 0; i < 3; i++) instances.push((await factory.boot(OTHER)).retire());
    const [first, , third] = await Promise.all(instances.map(withoutClock));
    const heapEnd = instances[0]!.words[layout.heapEndAt >> 2]!;
    for (const [from, to] of [
      [0, layout.staticImage.byteLength],
      [layout.heapBase, heapEnd],
    ] as const) {
      expect(Buffer.compare(third!.subarray(from, to), first!.subarray(from, to))).toBe(0);
    }
    const marked = instances.map(({ marks }) => marks.some((mark) => mark !== 0));
    expect(marked).toEqual([true, true, false]);
  });

  test('sandboxes of another kind are booted anew', async () => {
    const factory = new SandboxFactory(wasm, layout);
    for (let i = 0; i < 3; i++) await factory.boot(OTHER);
    for (const other of [
      { ...OTHER, nodeEnv: 'another' },
      { ...OTHER, limits: { ...OTHER.limits, stackBytes: 65_536 } },
      { ...OTHER, limits: { ...OTHER.limits, memoryLimitBytes: 17 << 20 } },
      { ...OTHER, capabilities: [{ name: 'sleep', module: 'directus:api', granted: true, parameters: 1 }] },
    ]) {
      expect((await factory.boot(other)).retire().marks.some((mark) => mark !== 0)).toBe(true);
    }
  });

  test('of an instance that an exception went through, only the memory is used again', async () => {
    const factory = new SandboxFactory(wasm, layout);
    const snapshot = await snapshotOf(OTHER);
    const sandbox = await factory.open(WRITER, await snapshotOf(WRITER));
    poison(sandbox);
    const instance = sandbox.retire();
    factory.retire(sandbox);
    const again = (await factory.open(OTHER, snapshot)).retire();
    expect(again).not.toBe(instance);
    expect(again.memory).toBe(instance.memory);
  });

  test('a memory whose card table was written to holds what a new one holds, with another instance', async () => {
    const snapshot = await snapshotOf(OTHER);
    const fresh = (await new SandboxFactory(wasm, layout).open(OTHER, snapshot)).retire();
    const factory = new SandboxFactory(wasm, layout);
    const tampered = await factory.open(OTHER, snapshot);
    const instance = tampered.retire();
    instance.bytes.fill(7, 6 << 20); // unmarked
    instance.marks[CARD_TABLE / CARD_BYTES] = 1; // what a store to the table leaves
    factory.retire(tampered);
    const again = (await factory.open(OTHER, snapshot)).retire();
    expect(again).not.toBe(instance);
    expect(again.memory).toBe(instance.memory);
    expect(Buffer.compare(again.bytes, fresh.bytes)).toBe(0);
  });

  test('nothing is left of a larger extension', async () => {
    const factory = new SandboxFactory(wasm, layout);
    const snapshot = await snapshotOf(LARGE);
    const large = await factory.open(LARGE, snapshot);
    call(large, { n: 1 });
    expect(large.restore(snapshot)).toBe(true);
    const { memory } = large.retire();
    factory.retire(large);
    const small = await snapshotOf(OTHER);
    const fresh = (await new SandboxFactory(wasm, layout).open(OTHER, small)).retire();
    const again = (await factory.open(OTHER, small)).retire();
    expect(again.memory).toBe(memory);
    expect(Buffer.compare(again.bytes.subarray(0, fresh.bytes.length), fresh.bytes)).toBe(0);
    expect(again.bytes.subarray(fresh.bytes.length).every((byte) => byte === 0)).toBe(true);
  });

  test('a memory that is too small for a snapshot grows', async () => {
    const snapshot = await snapshotOf(LARGE);
    const factory = new SandboxFactory(wasm, layout);
    const small = await factory.open(WRITER, await snapshotOf(WRITER));
    poison(small);
    const { memory } = small.retire();
    const before = memory.buffer.byteLength;
    factory.retire(small);
    for (const _ of ['in the used memory', 'in a new one']) {
      const sandbox = await factory.open(LARGE, snapshot);
      sandbox.begin();
      const copied = sandbox.copy(NOTHING, sandbox.invoke(NOTHING, 0, encodeValue({ n: 39_999 })).value);
      expect(copied instanceof Uint8Array && decodeValue(copied)).toBe('number 39999');
    }
    expect(memory.buffer.byteLength).toBeGreaterThan(before);
  });

  test('a sandbox that was given up cannot be entered', async () => {
    const factory = new SandboxFactory(wasm, layout);
    const sandbox = await factory.open(OTHER, await snapshotOf(OTHER));
    call(sandbox, {});
    factory.retire(sandbox);
    expect(sandbox.isRetired).toBe(true);
    expect(() => call(sandbox, {})).toThrow(PoisonedError);
  });

  test('a memory of another size is not used', async () => {
    const factory = new SandboxFactory(wasm, layout);
    const snapshot = await snapshotOf(OTHER);
    const sandbox = await factory.open(OTHER, snapshot);
    const { memory } = sandbox.retire();
    factory.retire(sandbox);
    const larger = { ...OTHER, limits: { ...OTHER.limits, memoryLimitBytes: 24 << 20 } };
    expect((await factory.open(larger, await snapshotOf(larger))).retire().memory).not.toBe(memory);
    expect((await factory.open(OTHER, snapshot)).retire().memory).toBe(memory);
  });

  test('a snapshot that would write to where the engine keeps nothing is refused', async () => {
    const { wire } = await snapshotOf(OTHER);
    const text = Buffer.from(wire.bytes).toString('latin1');
    const [run] = /\[\d{5},4096\]/.exec(text)!; // the first, of static data
    const forged = Buffer.from(text.replace(run, `[${layout.staticImage.byteLength},4096]`), 'latin1');
    expect(forged.length).toBe(text.length);
    const bytes = new Uint8Array(forged).buffer;
    expect(openSnapshot({ ...wire, bytes }, wire.key, layout)).toBeUndefined();
    expect(openSnapshot(wire, wire.key, layout)).toBeDefined();
  });
});
