import { createHost } from '@sandglass/host';
import { compileEngine, createEngine } from '@sandglass/worker';
import { decodeValue, DEFAULT_LIMITS, encodeValue } from '@sandglass/core';

/** The host, on the calling thread or on worker threads; its own `request`, with the gate. */
const openHost = async ({ module, threads = 1 }, { isolation, inline = false }) => {
  const host = await createHost({
    isolation,
    pool: inline ? 'inline' : { minThreads: threads, maxThreads: threads },
    request: { allowAddresses: ['127.0.0.1'] },
  });
  const scopes = { log: {}, sleep: {}, request: { methods: ['GET'], urls: ['http://127.0.0.1:*/*'] } };
  const { registrations } = await host.load({
    manifest: {
      name: 'bench',
      version: '1.0.0',
      'directus:extension': {
        type: 'operation',
        path: { app: 'app.js', api: 'index.js' },
        source: { app: 'app.js', api: 'index.js' },
        host: '*',
        sandbox: { enabled: true, requestedScopes: scopes },
      },
    },
    source: module,
  });
  const [{ id }] = registrations;
  return { call: (argument) => host.operation(id, argument), close: () => host.close() };
};

/** A sandbox restored for each call, on worker threads. */
export const pristine = (workload) => openHost(workload, { isolation: 'pristine' });

/** The same on the calling thread. */
export const pristineInline = (workload) => openHost(workload, { isolation: 'pristine', inline: true });

/** One sandbox for all calls, on a worker thread. */
export const persistent = (workload) => openHost(workload, { isolation: 'persistent' });

/** The same on the calling thread. */
export const persistentInline = (workload) => openHost(workload, { isolation: 'persistent', inline: true });

/**
 * The engine alone, without pool, limits of capabilities or gate: what the bare QuickJS packages
 * are to be compared with.
 */
const openEngine = async ({ module }, host, isolation) => {
  const pending = new Map();
  const engine = await createEngine({
    wasm: await compileEngine(),
    onOutcomes: (outcomes) => outcomes.forEach((outcome) => pending.get(outcome.callId)(outcome)),
    onCapabilities: (calls) => calls.forEach(answer),
  });
  async function answer({ callId, seq, name, args }) {
    const result = await host[name](...args.map((arg) => decodeValue(arg)));
    if (name !== 'log') engine.settle([{ callId, seq, ok: true, value: encodeValue(result) }]);
  }

  const capability = (name, more = {}) => ({ name, module: 'directus:api', granted: true, parameters: 2, ...more });
  const log = capability('log', { parameters: 1, sync: [{ label: 'Log message', type: 'string' }] });
  const reply = await engine.load({
    id: 1,
    name: 'bench',
    type: 'operation',
    filename: 'bench.js',
    source: module,
    isolation,
    limits: DEFAULT_LIMITS,
    capabilities: [log, capability('sleep'), capability('request')],
    nodeEnv: 'production',
  });
  if (!reply.ok) throw new Error(reply.error.message);

  let callId = 0;
  const finish = (outcome) => {
    pending.delete(outcome.callId);
    if (!outcome.ok) throw new Error(outcome.error.message);
    return decodeValue(outcome.value);
  };
  return {
    call(argument) {
      const wire = { callId: ++callId, extensionId: 1, handler: 0, argument: encodeValue(argument) };
      const outcome = engine.run(wire);
      if (outcome) return finish(outcome);
      return new Promise((resolve) => pending.set(wire.callId, resolve)).then(finish);
    },
    close: () => engine.close(),
  };
};

/** A sandbox restored for each call. */
export const pristineEngine = (workload, host) => openEngine(workload, host, 'pristine');

/** One sandbox for all calls. */
export const persistentEngine = (workload, host) => openEngine(workload, host, 'persistent');
