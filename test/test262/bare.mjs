import { createRequire } from 'node:module';

import { DRIVER } from './driver.mjs';
import { ENGINE_BYTES, INTERRUPTED, LIMITS, SILENT } from './limits.mjs';

// The benchmarks depend on the stock package; the root does not.
const require = createRequire(new URL('../../benchmarks/package.json', import.meta.url));
const { newQuickJSWASMModuleFromVariant, newVariant } = require('quickjs-emscripten-core');
const released = require('@jitl/quickjs-wasmfile-release-sync');

const PAGES = Math.ceil((ENGINE_BYTES + LIMITS.memoryLimitBytes) / 65_536);

/**
 * The bare engine: quickjs-emscripten as published, a fresh runtime and context for each run.
 *
 * @returns {Promise<(test: { text: string, isAsync: boolean, isModule: boolean }) =>
 *   Promise<string>>}
 */
export async function createBareSide() {
  let engine = await createEngine();
  return async (test) => {
    try {
      const { outcome, reusable } = test.isModule ? runModule(engine, test) : run(engine, test);
      if (!reusable) engine = await createEngine();
      return outcome;
    } catch (error) {
      engine = await createEngine(); // an exception that went through WASM
      return `host ${error}`;
    }
  };
}

function createEngine() {
  const wasmMemory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  return newQuickJSWASMModuleFromVariant(newVariant(released.default ?? released, { wasmMemory }));
}

function run(engine, { text, isAsync }) {
  const deadline = performance.now() + LIMITS.cpuTimeMs;
  const isLate = () => performance.now() > deadline;
  const runtime = engine.newRuntime();
  runtime.setMaxStackSize(LIMITS.stackBytes);
  runtime.setInterruptHandler(isLate);
  const context = runtime.newContext();
  const result = context.evalCode(`${DRIVER}(${JSON.stringify({ text, isAsync })})`, 'driver.js', { type: 'global' });
  if (result.error) return { outcome: isLate() ? INTERRUPTED : describe(context, result.error), reusable: false };
  const jobs = runtime.executePendingJobs();
  if (isLate()) return { outcome: INTERRUPTED, reusable: false };
  if (jobs.error) jobs.error.dispose();
  const outcome = isAsync ? settled(context, result.value) : context.getString(result.value);
  result.value.dispose();
  context.dispose();
  runtime.dispose();
  return { outcome, reusable: true };
}

/** The handles are left to the instance, which is dropped. */
function runModule(engine, { text, isAsync }) {
  const deadline = performance.now() + LIMITS.cpuTimeMs;
  const isLate = () => performance.now() > deadline;
  const runtime = engine.newRuntime();
  runtime.setMaxStackSize(LIMITS.stackBytes);
  runtime.setInterruptHandler(isLate);
  const context = runtime.newContext();
  const end = (outcome) => ({ outcome: isLate() ? INTERRUPTED : outcome, reusable: false });
  const result = context.evalCode(text, 'index.js', { type: 'module' });
  if (result.error) return end(nameAndMessage(context, result.error));
  runtime.executePendingJobs();
  const state = context.getPromiseState(result.value);
  if (state.type === 'pending') return end(SILENT);
  if (state.type === 'rejected') return end(nameAndMessage(context, state.error));
  const answer = context.callMethod(context.getProp(state.value, 'default'), 'handler', []);
  if (answer.error) return end(describe(context, answer.error));
  runtime.executePendingJobs();
  return end(isAsync ? settled(context, answer.value) : context.getString(answer.value));
}

/** As a guest's error is described: one without a name is an `Error`. */
function nameAndMessage(context, handle) {
  const thrown = context.dump(handle);
  if (typeof thrown !== 'object' || thrown === null) return `${typeof thrown}: ${String(thrown)}`;
  return `${thrown.name ?? 'Error'}: ${thrown.message}`;
}

function settled(context, handle) {
  const state = context.getPromiseState(handle);
  if (state.type === 'pending') return SILENT;
  if (state.type === 'rejected') return describe(context, state.error);
  const outcome = context.getString(state.value);
  if (!state.notAPromise) state.value.dispose();
  return outcome;
}

function describe(context, handle) {
  return `driver ${JSON.stringify(context.dump(handle))}`;
}
