/**
 * What the core and the engine have to do where there is no host: workerd, a browser. Runs on Node,
 * Bun and Deno as well.
 */
import { decodeValue, DEFAULT_LIMITS, encodeValue, parseManifest } from '@sandglass/core';
import { compileEngine, createEngine } from '@sandglass/worker';

// The engine's own parts, which its package keeps private.
import { findLayout } from '../../packages/worker/dist/quickjs/find-layout.js';
import { extension } from './extensions.mjs';
import { same } from './expect.mjs';

const LOG = {
  name: 'log',
  module: 'directus:api',
  granted: true,
  parameters: 1,
  sync: [{ label: 'Log message', type: 'string' }],
};
const SLEEP = { name: 'sleep', module: 'directus:api', granted: true, parameters: 1 };

/**
 * As much of a host as drives an engine: calls by name, `log` kept, `sleep` answered on the next
 * turn.
 */
class Driver {
  static async open(wasm) {
    const driver = new Driver();
    driver.engine = await createEngine({
      ...(wasm && { wasm }),
      onOutcomes: (outcomes) => driver.#finish(outcomes),
      onCapabilities: (calls) => driver.#answer(calls),
    });
    return driver;
  }

  logs = [];
  #lastId = 0;
  #pending = new Map();

  async load(source, { limits, snapshot, ...options } = {}) {
    const wire = {
      id: (this.#lastId += 1),
      name: 'test',
      type: 'operation',
      filename: 'test/index.js',
      source,
      isolation: 'pristine',
      limits: { ...DEFAULT_LIMITS, ...limits },
      capabilities: [LOG, SLEEP],
      nodeEnv: 'production',
      ...options,
    };
    const reply = await this.engine.load(wire, snapshot);
    if (!reply.ok) throw Object.assign(new Error(reply.error.message), { code: reply.error.code });
    return { id: wire.id, loaded: reply.loaded };
  }

  async call({ id }, argument) {
    const callId = (this.#lastId += 1);
    const ended = await new Promise((resolve) => {
      this.#pending.set(callId, resolve);
      const outcome = this.engine.run({ callId, extensionId: id, handler: 0, argument: encodeValue(argument) });
      if (outcome) this.#finish([outcome]);
    });
    return ended.ok ? decodeValue(ended.value) : ended.error.code;
  }

  #finish(outcomes) {
    for (const outcome of outcomes) this.#pending.get(outcome.callId)?.(outcome);
  }

  #answer(calls) {
    for (const { callId, seq, name, args } of calls) {
      if (name === 'log') this.logs.push(decodeValue(args[0]));
      else setTimeout(() => this.engine.settle([{ callId, seq, ok: true, value: encodeValue(undefined) }]), 1);
    }
  }
}

const TESTS = {
  async 'an operation answers, each time from a pristine sandbox'(driver) {
    const count = await driver.load('let n = 0; export default { id: "count", handler: (by) => n += by };');
    same([await driver.call(count, 2), await driver.call(count, 3)], [2, 3]);
    same(driver.engine.stats().restores >= 1, true, 'restored');
  },
  async 'a guest logs, sleeps and goes on'(driver) {
    const source =
      'import { log, sleep } from "directus:api"; export default { id: "a", handler: async () => { log("x"); await sleep(1); return 7; } };';
    same(await driver.call(await driver.load(source)), 7);
    same(driver.logs, ['x']);
  },
  async 'values cross as copies'(driver) {
    const source = 'export default ({ filter }) => { filter("echo", (value) => value); };';
    const echo = await driver.load(source, { type: 'hook' });
    const value = {
      big: 1n << 80n,
      date: new Date(0),
      map: new Map([[1, 'x']]),
      bytes: Uint8Array.of(255),
      text: '\0\ud800é😀',
      nan: NaN,
    };
    same(await driver.call(echo, value), value);
  },
  async 'Math.random differs from call to call'(driver) {
    const random = await driver.load('export default { id: "r", handler: () => Math.random() };');
    same((await driver.call(random)) === (await driver.call(random)), false);
  },
  async 'a full memory and a full stack cost their call only'(driver) {
    const limits = { memoryLimitBytes: 16 << 20, cpuTimeMs: 20_000 };
    const hog = await driver.load(
      'export default { id: "h", handler: (on) => { const a = []; while (on) a.push("x".repeat(1e5) + a.length); return 1; } };',
      { limits },
    );
    same([await driver.call(hog, true), await driver.call(hog, false)], ['E_MEMORY', 1]);
    const dive = await driver.load(
      'export default { id: "d", handler: (on) => { const f = () => f() + 1; return on ? f() : 1; } };',
    );
    same([await driver.call(dive, true), await driver.call(dive, false)], ['E_STACK', 1]);
  },
  async 'a loop without an end costs its call only'(driver, { clock }) {
    if (!clock) return 'the clock stands still while code runs';
    const spin = await driver.load('export default { id: "s", handler: (on) => { while (on); return 1; } };', {
      limits: { cpuTimeMs: 50 },
    });
    same([await driver.call(spin, true), await driver.call(spin, false)], ['E_CPU', 1]);
  },
  async 'a snapshot spares the evaluation'(driver) {
    const source = `import { log } from "directus:api"; let n = 40; export default { id: "s", handler: () => ++n };`;
    const first = await driver.load(source);
    const copy = { key: first.loaded.snapshot.key, bytes: new Uint8Array(first.loaded.snapshot.bytes).slice().buffer };
    const second = await driver.load(source, { snapshot: copy });
    same(second.loaded.offered, 'used');
    same([await driver.call(second), await driver.call(second)], [41, 41]);
  },
  async 'an instance begins as it does everywhere: snapshots travel'(_driver, { wasm }) {
    const engine = wasm ?? (await compileEngine());
    // refused where an instance begins otherwise than the build's
    same((await findLayout(engine)).kinds.size > 0, true);
  },
  async 'nothing of the runtime is in reach'(driver) {
    const source =
      'export default { id: "l", handler: () => typeof fetch + typeof setTimeout + typeof globalThis.process?.exit };';
    same(await driver.call(await driver.load(source)), 'undefinedundefinedundefined');
  },
  async 'a manifest is parsed'() {
    const { manifest } = extension('operation', 'x', '', { log: {} });
    same(parseManifest(manifest, {}).name, 'x');
  },
};

/**
 * Runs the suite.
 *
 * @param wasm the compiled engine, where it cannot be read from a file: `{ wasm:
 *   WebAssembly.Module, hash }`.
 * @param traits `clock: false` if the clock stands still while code runs.
 */
export async function runEngineSuite(wasm, traits = { clock: true }) {
  const results = [];
  for (const [name, test] of Object.entries(TESTS)) {
    try {
      const driver = await Driver.open(wasm);
      const skipped = await test(driver, { ...traits, wasm });
      driver.engine.close();
      results.push(skipped ? { name, state: 'skipped', reason: skipped } : { name, state: 'passed' });
    } catch (error) {
      results.push({ name, state: 'failed', reason: String(error?.stack ?? error) });
    }
  }
  return results;
}
