import ivm from 'isolated-vm';

const MEMORY_LIMIT_MB = 32;
const TIMEOUT_MS = 1000;

/** Guest side of the host's functions: async ones are references, called with `apply`. */
const GUEST_API = `
  globalThis.log = (message) => $log(message);
  globalThis.sleep = (ms) => $sleep.apply(undefined, [ms], { result: { promise: true } });
  globalThis.request = (url) => $request.apply(undefined, [url], { arguments: { copy: true }, result: { copy: true, promise: true } });
`;

function offer(context, host) {
  const { global } = context;
  global.setSync('$log', new ivm.Callback(host.log));
  global.setSync('$sleep', new ivm.Reference(host.sleep));
  global.setSync('$request', new ivm.Reference(host.request));
}

const COPY = { timeout: TIMEOUT_MS, arguments: { copy: true }, result: { copy: true, promise: true } };

/** One isolate for all calls; calls run on isolated-vm's own threads. */
export async function persistent({ script }, host) {
  const isolate = new ivm.Isolate({ memoryLimit: MEMORY_LIMIT_MB });
  const context = await isolate.createContext();
  offer(context, host);
  await context.eval(GUEST_API);
  await context.eval(script, { timeout: TIMEOUT_MS });
  const handler = await context.global.get('handler', { reference: true });
  return {
    call: (argument) => handler.apply(undefined, [argument], COPY),
    close: () => isolate.dispose(),
  };
}

/**
 * The same on the calling thread, which it blocks: the fastest way, for handlers without promises.
 */
export async function persistentSync({ script }, host) {
  const isolate = new ivm.Isolate({ memoryLimit: MEMORY_LIMIT_MB });
  const context = isolate.createContextSync();
  offer(context, host);
  context.evalSync(GUEST_API);
  context.evalSync(script, { timeout: TIMEOUT_MS });
  const handler = context.global.getSync('handler', { reference: true });
  const options = { timeout: TIMEOUT_MS, arguments: { copy: true }, result: { copy: true } };
  return {
    call: (argument) => handler.applySync(undefined, [argument], options),
    close: () => isolate.dispose(),
  };
}

/**
 * A new isolate for each call; what V8 has compiled is kept, as its documentation advises for code
 * that runs again.
 */
export async function fresh({ script }, host) {
  const cachedData = await compile(script);
  return {
    async call(argument) {
      const isolate = new ivm.Isolate({ memoryLimit: MEMORY_LIMIT_MB });
      try {
        const context = await isolate.createContext();
        offer(context, host);
        await context.eval(GUEST_API);
        const compiled = await isolate.compileScript(script, { cachedData });
        await compiled.run(context, { timeout: TIMEOUT_MS });
        const handler = await context.global.get('handler', { reference: true });
        return await handler.apply(undefined, [argument], COPY);
      } finally {
        isolate.dispose();
      }
    },
  };
}

async function compile(script) {
  const isolate = new ivm.Isolate({ memoryLimit: MEMORY_LIMIT_MB });
  const { cachedData } = await isolate.compileScript(script, { produceCachedData: true });
  isolate.dispose();
  return cachedData;
}

/** A new isolate for each call, started from a V8 snapshot in which the script has run. */
export async function freshFromSnapshot({ script, argument }, host) {
  // The warm-up script compiles the handler. What is compiled later has lost the variables around
  // it, so that some bundles fail even so.
  const warmUp = `try { handler(${JSON.stringify(argument)})?.catch?.(() => undefined) } catch {}`;
  const snapshot = ivm.Isolate.createSnapshot([{ code: GUEST_API }, { code: script }], warmUp);
  return {
    async call(argument) {
      const isolate = new ivm.Isolate({ memoryLimit: MEMORY_LIMIT_MB, snapshot });
      try {
        const context = await isolate.createContext();
        offer(context, host);
        const handler = await context.global.get('handler', { reference: true });
        return await handler.apply(undefined, [argument], COPY);
      } finally {
        isolate.dispose();
      }
    },
  };
}
