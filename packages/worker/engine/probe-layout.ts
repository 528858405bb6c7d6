import type { EngineModule } from '@sandglass/core';

import { CARD_TABLE } from '../src/quickjs/memory/cards.js';
import { toHex } from '../src/quickjs/engine-module.js';
import { evaluate, type Pointer } from '../src/quickjs/ffi.js';
import type { Kind } from '../src/quickjs/kinds.js';
import { PAGE_BYTES, SCRATCH_BYTES, type Layout } from '../src/quickjs/memory/layout.js';
import { createInstance, type Instance } from '../src/quickjs/instance.js';

/**
 * One or more expressions of each kind. What is not listed is `other`: promises, weak references,
 * generators.
 */
const SAMPLES: readonly (readonly [Kind, string[]])[] = [
  ['object', ['({})', '(function () { return arguments })()', '(function () { "use strict"; return arguments })()']],
  ['array', ['[]']],
  [
    'function',
    [
      '(function () {})',
      '(() => 0)',
      '(class {})',
      'Math.abs',
      '(async () => 0)',
      '(function* () {})',
      '(async function* () {})',
      '(() => 0).bind(null)',
    ],
  ],
  ['error', ['new Error()']],
  ['boxed', ['Object(1)', 'Object("")', 'Object(true)', 'Object(1n)']],
  ['date', ['new Date()']],
  ['regexp', ['/a/']],
  ['map', ['new Map()']],
  ['set', ['new Set()']],
  ['buffer', ['new ArrayBuffer(1)']],
  ['dataview', ['new DataView(new ArrayBuffer(1))']],
  ['proxy', ['new Proxy({}, {})', 'new Proxy([], {})', 'new Proxy(function () {}, {})']],
  [
    'typed',
    [
      'Uint8Clamped',
      'Int8',
      'Uint8',
      'Int16',
      'Uint16',
      'Int32',
      'Uint32',
      'BigInt64',
      'BigUint64',
      'Float16',
      'Float32',
      'Float64',
    ].map((name) => `new ${name}Array(1)`),
  ],
];

/**
 * The engine's static data ends somewhere below this, and the used end of the C stack is far above
 * it.
 */
const STATIC_BYTES = CARD_TABLE;

/** A runtime, a context, an object and a buffer's record are smaller than this. */
const CONTEXT_BYTES = 2_048;
const OBJECT_BYTES = 48;
const RUNTIME_BYTES = 2_048;
const FRAME_BYTES = 48;

/**
 * Finds the layout of an engine by probes on a scratch instance.
 *
 * @throws {Error} if a probe does not find exactly one candidate
 */
export async function probeLayout(engine: EngineModule): Promise<Layout> {
  const instance = await createInstance(engine, { maxBytes: SCRATCH_BYTES });
  const fresh = instance.words.slice(0, STATIC_BYTES / 4);
  const rt = instance.ffi.QTS_NewRuntime();
  const ctx = instance.ffi.QTS_NewContext(rt, 0); // 0: all intrinsics
  const heap = probeHeap(instance, ctx);
  const tags = {
    exceptionTag: tagOf(instance, evaluate(instance, ctx, 'throw 0')),
    objectTag: tagOf(instance, evaluate(instance, ctx, '({})')),
  };
  const sampled = SAMPLES.flatMap(([kind, sources]) =>
    sources.map((source) => ({ kind, at: instance.words[evaluate(instance, ctx, source) >> 2]! })),
  );
  const classOffset = probeClassOffset(instance, sampled);
  const classes = sampled.map(
    ({ kind, at }) => [instance.bytes[at + classOffset]! | (instance.bytes[at + classOffset + 1]! << 8), kind] as const,
  );
  const layout = {
    ...heap,
    ...tags,
    randomOffset: probeRandom(instance, ctx),
    countdownOffset: probeCountdown(instance, ctx),
    jobsOffset: probeJobs(instance, rt, ctx),
    buffer: probeBuffer(instance, ctx),
    text: probeText(instance, ctx),
    frame: probeFrame(instance, rt, ctx),
    classOffset,
    kinds: new Map(classes),
  };
  const staticImage = probeStatic(instance, fresh);
  return { ...layout, staticImage, staticHash: toHex(await crypto.subtle.digest('SHA-256', staticImage)) };
}

/** Static data ends with the last page that is in use after all the probes. */
function probeStatic({ words }: Instance, fresh: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  let end = STATIC_BYTES / 4;
  while (end > 0 && words[end - 1] === 0) end--;
  const bytes = Math.ceil((end * 4) / PAGE_BYTES) * PAGE_BYTES;
  // it may reach into the card table
  if (bytes === STATIC_BYTES) throw unknownLayout('the end of the static data');
  return fresh.slice(0, bytes / 4);
}

function tagOf({ words }: Instance, value: number): number {
  return words[(value >> 2) + 1]!;
}

/**
 * A large allocation moves the heap's end and, below it, the allocator's free tail; and it adds to
 * the count of bytes taken.
 */
function probeHeap({ module, words }: Instance, ctx: number): { heapBase: number; heapEndAt: number } {
  const LARGE = 3 << 20;
  const before = words.slice(0, STATIC_BYTES / 4);
  module._malloc(LARGE);
  const moved: number[] = [];
  for (let i = 0; i < before.length; i++) if (words[i]! - before[i]! >= LARGE) moved.push(i);
  const [end] = moved.filter((i) => before[i]! > ctx).sort((a, b) => words[b]! - words[a]!);
  const taken = new Set(moved.filter((i) => before[i]! < ctx).map((i) => before[i]!));
  if (end === undefined || taken.size !== 1) throw unknownLayout('the heap');
  return { heapBase: before[end]! - [...taken][0]!, heapEndAt: end * 4 };
}

/**
 * The list of jobs is the one of the runtime that points to itself until a job waits, and again
 * when it has run.
 */
function probeJobs(instance: Instance, rt: Pointer, ctx: Pointer): number {
  const { ffi, words } = instance;
  const empty = (): number[] => {
    const found: number[] = [];
    for (let at: number = rt; at < rt + RUNTIME_BYTES; at += 4)
      if (words[at >> 2] === at && words[(at >> 2) + 1] === at) found.push(at);
    return found;
  };
  const before = empty();
  evaluate(instance, ctx, 'Promise.resolve().then(() => {})');
  const pending = new Set(empty());
  const [jobs, ...others] = before.filter((at) => !pending.has(at));
  ffi.QTS_ExecutePendingJob(rt, -1, instance.module._malloc(4));
  if (jobs === undefined || others.length > 0 || !empty().includes(jobs)) throw unknownLayout('the list of jobs');
  return jobs - rt;
}

/** `Math.random` is xorshift64*: its state is the one word that steps just so. */
function probeRandom(instance: Instance, ctx: Pointer): number {
  const before = instance.bytes.slice(ctx, ctx + CONTEXT_BYTES);
  evaluate(instance, ctx, 'Math.random()');
  const old = new DataView(before.buffer);
  for (let offset = 0; offset + 8 <= before.length; offset += 8) {
    const state = old.getBigUint64(offset, true);
    if (state !== 0n && instance.view.getBigUint64(ctx + offset, true) === xorshift(state)) return offset;
  }
  throw unknownLayout('the random state');
}

function xorshift(state: bigint): bigint {
  let x = state;
  x ^= x >> 12n;
  x ^= (x << 25n) & 0xffff_ffff_ffff_ffffn;
  return x ^ (x >> 27n);
}

/** A round of a loop lowers the count by one or two, all else that happens leaves it alone. */
function probeCountdown(instance: Instance, ctx: Pointer): number {
  const { words } = instance;
  const at = ctx >> 2;
  const [none, many, again] = [0, 1_000, 0].map((rounds) => {
    const before = words.slice(at, at + CONTEXT_BYTES / 4);
    evaluate(instance, ctx, `for (let i = 0; i < ${rounds}; i++);`);
    return before.map((word, i) => word - words[at + i]!);
  }) as [Uint32Array, Uint32Array, Uint32Array];
  const found = [...none.keys()].filter((i) => {
    const rounds = many[i]! - none[i]!;
    return none[i] === again[i] && none[i]! > 0 && none[i]! < 100 && rounds >= 1_000 && rounds <= 2_000;
  });
  if (found.length !== 1) throw unknownLayout('the interrupt counter');
  return found[0]! * 4;
}

/** Two buffers of known address and length show which words lead to them. */
function probeBuffer({ ffi, module, words }: Instance, ctx: Pointer): Layout['buffer'] {
  const candidates = [48, 80].map((length) => {
    const bytes = module._malloc(length);
    const object = words[ffi.QTS_NewArrayBuffer(ctx, bytes, length) >> 2]!;
    const found: string[] = [];
    for (let record = 0; record < OBJECT_BYTES; record += 4) {
      const at = words[(object + record) >> 2]!;
      // not a pointer into the heap
      if (at < ctx || at > bytes + (1 << 20) || at % 4 !== 0) continue;
      for (let data = 0; data < OBJECT_BYTES; data += 4) {
        if (words[(at + data) >> 2] !== bytes) continue;
        for (let size = 0; size < OBJECT_BYTES; size += 4) {
          if (words[(at + size) >> 2] === length) found.push(JSON.stringify({ record, data, length: size }));
        }
      }
    }
    return found;
  });
  const both = candidates[0]!.find((each) => candidates[1]!.includes(each));
  if (both === undefined) throw unknownLayout('the bytes of a buffer');
  return JSON.parse(both) as Layout['buffer'];
}

/** The units of two texts, one of them wide, and the word before them with their number. */
function probeText(instance: Instance, ctx: Pointer): Layout['text'] {
  const narrow = probeUnits(instance, evaluate(instance, ctx, '"flat text"'), Uint8Array.from(toCodes('flat text')));
  const wide = probeUnits(
    instance,
    evaluate(instance, ctx, '"wide \\u0100"'),
    Uint16Array.from(toCodes('wide \u0100')),
  );
  if (JSON.stringify(narrow) !== JSON.stringify(wide)) throw unknownLayout('the units of a string');
  return narrow;
}

function toCodes(text: string): number[] {
  return Array.from(text, (unit) => unit.charCodeAt(0));
}

function probeUnits(instance: Instance, value: Pointer, units: Uint8Array | Uint16Array): Layout['text'] {
  const at = instance.words[value >> 2]!;
  const expected = new Uint8Array(units.buffer);
  const count = units.length + (units instanceof Uint16Array ? 0x8000_0000 : 0);
  const offsets = Array.from({ length: OBJECT_BYTES / 4 }, (_, i) => i * 4);
  const data = offsets.find((offset) => expected.every((byte, i) => instance.bytes[at + offset + i] === byte));
  const length = offsets.find((offset) => instance.words[(at + offset) >> 2] === count);
  if (data === undefined || length === undefined) throw unknownLayout('the units of a string');
  return { tag: tagOf(instance, value), length, data };
}

/**
 * While guest code calls a native function, the frames of its functions lead from one to the next;
 * from one such call to another, only how far the innermost has come moves on.
 */
function probeFrame(instance: Instance, rt: Pointer, ctx: Pointer): Layout['frame'] {
  const { ffi, hooks, module, words } = instance;
  const inner = evaluate(instance, ctx, '(function (native) { native(); native(); })');
  const outer = evaluate(instance, ctx, '(function (native, inner) { inner(native); })');
  const objectOf = (value: Pointer): number => words[value >> 2]!;
  const frameAt = (at: Pointer): Uint32Array => words.slice(at >> 2, (at + FRAME_BYTES) >> 2);
  const seen: { current: number; func: number; frame: Uint32Array }[] = [];
  hooks.callFunction = () => {
    for (let current = 0; current < RUNTIME_BYTES; current += 4) {
      const frame = frameAt(words[(rt + current) >> 2]!);
      const func = frame.indexOf(objectOf(inner));
      if (func > 0 && frameAt(frame[0]!)[func] === objectOf(outer)) seen.push({ current, func: func * 4, frame });
    }
    return 0;
  };
  const argv = module._malloc(8);
  words.set([ffi.QTS_NewFunction(ctx, 'native', 0, false, 1), inner], argv >> 2);
  ffi.QTS_Call(ctx, outer, ffi.QTS_GetUndefined(), 2, argv);
  const [first, second] = seen;
  const moved = [...(first?.frame ?? [])].flatMap((word, i) => (word === second?.frame[i] ? [] : [i]));
  if (!first || seen.length !== 2 || moved.length !== 1) throw unknownLayout('the frames of the stack');
  return { current: first.current, func: first.func, pc: moved[0]! * 4 };
}

/**
 * The class id is the one halfword of the header that is equal within each of these kinds and
 * differs between them.
 */
function probeClassOffset({ bytes }: Instance, sampled: { kind: Kind; at: number }[]): number {
  const probes = sampled.filter(({ kind }) =>
    ['array', 'error', 'date', 'regexp', 'map', 'set', 'buffer', 'dataview', 'proxy'].includes(kind),
  );
  for (let offset = 0; offset < 16; offset += 2) {
    const ids = new Map<Kind, Set<number>>();
    for (const { kind, at } of probes) {
      const set = ids.get(kind) ?? new Set();
      ids.set(kind, set.add(bytes[at + offset]! | (bytes[at + offset + 1]! << 8)));
    }
    const all = [...ids.values()];
    if (all.every((set) => set.size === 1) && new Set(all.map((set) => [...set][0])).size === all.length) return offset;
  }
  throw unknownLayout('class ids');
}

function unknownLayout(what: string): Error {
  return new Error(`Cannot use this build of QuickJS: ${what} cannot be found in its memory`);
}
