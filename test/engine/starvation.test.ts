import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { COPIES_END, COPY_INDEX } from '../../packages/worker/src/quickjs/memory/cards.js';
import { TestEngine } from './open-engine.js';

/**
 * Calls of each program. The room that each is left grows by the same step from nothing to what the
 * program needs, so that every allocation fails in turn. `docs/security.md` has the result of
 * 10,000.
 */
const RUNS = Number(process.env['SANDGLASS_STARVATION_RUNS'] ?? 60);
const MIB = 1 << 20;
const LIMITS = [1, 2, 4, 8, 16, 32];
/** Larger than any program here needs. */
const MAX_ROOM_BYTES = 96 << 10;

/**
 * Programs that allocate where QuickJS is known to fall over when it may not: while it parses and
 * resolves variables (bellard/quickjs 531, 532), frees shapes (528, 529), or writes a backtrace
 * (quickjs-ng 1469).
 */
const PROGRAMS: readonly (readonly [name: string, program: string])[] = [
  [
    'parsing scopes and closures',
    'with ({ a: 1, b: { c: 2 } }) { (function f(x = a, { y } = { y: a }, ...z) { let q = () => x + y + z.length; class C extends Array { #p = q; static s = 1; get v() { return this.#p(); } } for (const k of [1, 2]) { try { new C().v; } catch (e) { e; } finally { q(); } } return `${q()}${b.c}`; })(); }',
  ],
  [
    'parsing many names',
    'var ' + Array.from({ length: 120 }, (_, i) => `name${i} = function g${i}() { return name${i}; }`).join(', ') + ';',
  ],
  [
    'parsing what is no program',
    'async function* f({ a: [b, ...c] }, d = class { static { await 0 } }) { yield* (x => { label: for (;;) ',
  ],
  [
    'shapes',
    'const all = []; for (let i = 0; i < 60; i++) { const o = {}; for (let j = 0; j < 12; j++) o["p" + i + "_" + j] = j; delete o["p" + i + "_3"]; Object.defineProperty(o, "x", { get() { return i; } }); Object.freeze(o); all.push(o); if (i % 3 === 0) all.shift(); }',
  ],
  [
    'a backtrace',
    'const f = () => missing; Object.defineProperty(f, "name", { value: "A".repeat(20000) }); try { f(); } catch (e) { e.stack.length; } f();',
  ],
  [
    'generators, promises and finalizers',
    'function* g() { try { yield* [1, 2, 3]; } finally { all.push(1); } } const all = []; const r = new FinalizationRegistry(() => {}); for (let i = 0; i < 40; i++) { const it = g(); it.next(); all.push(it); const p = (async () => { await 0; return new WeakRef(it); })(); r.register({}, i, p); if (i % 2) all.shift(); } all[0].return();',
  ],
  [
    'collections and buffers',
    'const m = new Map(), s = new Set(); for (let i = 0; i < 200; i++) { m.set({ i }, "v" + i); s.add(Symbol("s" + i)); } for (const [k] of m) m.delete(k); new Uint8Array(3000).map((_, i) => i).sort((a, b) => b - a); const d = new DataView(new ArrayBuffer(512)); d.setFloat64(8, 1); [...s].reverse(); structured = [1, 2n ** 900n, new Proxy({}, {})];',
  ],
  [
    'regular expressions, JSON and strings',
    'for (let i = 0; i < 12; i++) { new RegExp("(?<a" + i + ">[\\\\p{L}x-z]+|(?:b" + i + "|c){2,5}?)\\\\k<a" + i + ">", "u").exec("xyzxyz".repeat(20)); JSON.parse(JSON.stringify({ a: [i, { b: "\\u00e9".repeat(50) }] }, null, 2)); "a-b-c".repeat(20).split("-").join("+").replace(/\\+/g, (x) => x + i).normalize("NFD"); }',
  ],
];

/** A loop that a broken list makes endless ends as one of the guest's own. */
const ENDS = new Set(['ran', 'failed', 'E_MEMORY', 'E_GUEST', 'E_CPU']);

/** Leaves some room in a heap that is full, then runs a program in it. */
const STARVE = `({ room, program }) => {
  let left = new ArrayBuffer(room);
  let run = new Function('return Function')();
  const full = [];
  for (let size = 1 << 22; size >= 16; ) { try { full.push(new ArrayBuffer(size)); } catch { size >>= 1; } }
  left = undefined;
  try { run(program)(); return 'ran'; } catch (error) { return 'failed'; }
}`;
/** What the same sandbox answers to the next call: a little of everything. */
const CHECK = `() => {
  const shapes = Array.from({ length: 50 }, (_, i) => ({ ['k' + i]: i, x: String(i) }));
  const text = JSON.stringify(shapes.map((o) => Object.entries(o))).replace(/\\d+/g, (d) => d * 2);
  return text.length + ':' + new Function('a', 'with (a) return b + 1')({ b: 41 }) + ':' + [...new Set(text)].sort().join('');
}`;

const NativeMemory = WebAssembly.Memory;
const memories: WebAssembly.Memory[] = [];

/** A memory at rest, without the copies of cards that it was restored from. */
function restedBytes({ buffer }: WebAssembly.Memory): Buffer {
  return Buffer.from(buffer.slice(0)).fill(0, COPY_INDEX, COPIES_END);
}

describe('an allocation that fails at every place in turn', () => {
  beforeAll(() => {
    WebAssembly.Memory = class extends NativeMemory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor);
        memories.push(this);
      }
    };
  });

  afterAll(() => {
    WebAssembly.Memory = NativeMemory;
  });

  test.each(PROGRAMS)('%s', { timeout: 3_600_000 }, async (name, program) => {
    const seen: Record<string, number> = {};
    for (const limit of LIMITS) {
      const engine = await TestEngine.open();
      memories.length = 0; // one was made to find the layout
      const limits = { memoryLimitBytes: limit * MIB, cpuTimeMs: 2_000 };
      const id = await engine.load(
        `export default ({ filter }) => { filter('starve', ${STARVE}); filter('check', ${CHECK}); };`,
        { type: 'hook', limits },
      );
      const [memory] = memories;
      const before = restedBytes(memory!);
      const expected = await engine.value(id, undefined, 1);
      // filling a large heap takes its time: most runs have the smallest
      const runs = limit === 1 ? RUNS : Math.ceil(RUNS / 25);
      for (let run = 0; run < runs; run++) {
        const room = Math.floor((run / runs) * MAX_ROOM_BYTES);
        const call = engine.start(id, { room, program });
        const ended = await call.ended;
        await call.over;
        const how = ended.ok ? String(ended.value) : ended.code!;
        seen[how] = (seen[how] ?? 0) + 1;
        const where = `${limit} MiB, room for ${room} bytes: ${ended.message}`;
        const value = await engine.value(id, undefined, 1);
        const isRestored = restedBytes(memories.at(-1)!).subarray(0, before.length).equals(before);
        const isKnown = ENDS.has(how);
        expect({ where, isKnown, value, isRestored }).toEqual({
          where,
          isKnown: true,
          value: expected,
          isRestored: true,
        });
      }
      seen['traps without a reason'] = (seen['traps without a reason'] ?? 0) + engine.engine.stats().failures;
      seen['sandboxes given up'] = (seen['sandboxes given up'] ?? 0) + engine.engine.stats().replacements;
      engine.engine.close();
    }
    if (process.env['SANDGLASS_STARVATION_RUNS'] !== undefined) console.log(name, JSON.stringify(seen));
    expect(seen['failed'] ?? seen['E_MEMORY'] ?? 0).toBeGreaterThan(0);
  });
});
