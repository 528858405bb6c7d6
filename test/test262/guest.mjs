import { decodeValue, encodeValue } from '../../packages/core/dist/index.js';
import { createEngine } from '../../packages/worker/dist/index.js';

import { DRIVER } from './driver.mjs';
import { INTERRUPTED, LIMITS, SILENT } from './limits.mjs';

/**
 * A call that has not ended by then waits for something that never comes: nothing here takes time
 * outside the sandbox.
 */
const SETTLE_MS = 500;

/** Each capability that an extension can have, as the host describes them. */
const CAPABILITIES = [
  { name: 'log', module: 'directus:api', sync: [{ label: 'Log message', type: 'string' }] },
  { name: 'sleep', module: 'directus:api' },
  { name: 'request', module: 'directus:api' },
  { name: 'console', module: '', sync: [{ label: 'Console message', type: 'string' }] },
].map((capability) => Object.assign(capability, { granted: true, parameters: 1 }));

/**
 * The sandbox: an operation whose handler is the driver, a pristine sandbox for each run.
 *
 * @returns {Promise<(test: { text: string, isAsync: boolean, isModule: boolean }) =>
 *   Promise<string>>}
 */
export async function createGuestSide() {
  let onEnd = () => {};
  const engine = await createEngine({ onOutcomes: ([outcome]) => onEnd(outcome), onCapabilities: () => {} });
  const driverId = 1;
  const reply = await engine.load(toExtension(driverId, `export default { id: 'test262', handler: ${DRIVER} };`));
  if (!reply.ok) throw new Error(reply.error.message);
  let lastExtensionId = driverId;
  let callId = 0;

  async function call(extensionId, argument, isAsync) {
    const wire = { callId: ++callId, extensionId, handler: 0, argument: encodeValue(argument) };
    const later = withResolvers();
    onEnd = later.resolve;
    const ended = engine.run(wire);
    if (ended) return toOutcome(ended);
    const timer = setTimeout(later.resolve, SETTLE_MS + (isAsync ? 0 : LIMITS.cpuTimeMs));
    const outcome = await later.promise;
    clearTimeout(timer);
    if (outcome) return toOutcome(outcome);
    engine.abort([callId]);
    return SILENT;
  }

  return async ({ text, isAsync, isModule }) => {
    if (!isModule) return call(driverId, { text, isAsync }, isAsync);
    const id = ++lastExtensionId;
    const loaded = await engine.load(toExtension(id, text));
    const outcome = loaded.ok ? await call(id, undefined, isAsync) : toLoadOutcome(loaded.error);
    engine.forget(id);
    return outcome;
  };
}

function toExtension(id, source) {
  return {
    id,
    name: 'test262',
    type: 'operation',
    filename: 'index.js',
    isolation: 'pristine',
    capabilities: CAPABILITIES,
    nodeEnv: 'production',
    limits: LIMITS,
    source,
  };
}

function toLoadOutcome({ code, message, thrown }) {
  if (code === 'E_CPU') return INTERRUPTED;
  if (code === 'E_WALL' || code === 'E_HANG') return SILENT;
  if (!thrown) return `driver ${code}: ${message}`;
  const [, kind, nameOrValue, text] = decodeValue(thrown);
  return kind === 'value' ? `${typeof nameOrValue}: ${String(nameOrValue)}` : `${nameOrValue}: ${text}`;
}

/** Node 20 has no `Promise.withResolvers`. */
function withResolvers() {
  const result = {};
  result.promise = new Promise((resolve) => (result.resolve = resolve));
  return result;
}

function toOutcome(outcome) {
  if (outcome.ok) return decodeValue(outcome.value);
  const { code, message } = outcome.error;
  if (code === 'E_HANG') return SILENT;
  return code === 'E_CPU' ? INTERRUPTED : `driver ${code}: ${message}`;
}
