import { getQuickJS, shouldInterruptAfterDeadline } from 'quickjs-emscripten';

const MEMORY_LIMIT_BYTES = 32 * 1024 * 1024;
const STACK_BYTES = 256 * 1024;
const TIMEOUT_MS = 1000;

function offer(context, host) {
  const offerOne = (name, fn) => {
    const handle = context.newFunction(name, fn);
    context.setProp(context.global, name, handle);
    handle.dispose();
  };
  const settle = (promise, toHandle) => {
    const deferred = context.newPromise();
    promise.then((value) => {
      if (!context.alive) return;
      const handle = toHandle(value);
      deferred.resolve(handle);
      handle.dispose();
      context.runtime.executePendingJobs();
    });
    return deferred.handle;
  };
  offerOne('log', (message) => void host.log(context.getString(message)));
  offerOne('sleep', (ms) => settle(host.sleep(context.getNumber(ms)), () => context.undefined));
  offerOne('request', (url) => settle(host.request(context.getString(url)), (value) => parse(context, value)));
}

/** The host's JSON into the guest, through the guest's own parser. */
function parse(context, value) {
  const text = context.newString(JSON.stringify(value));
  const json = context.getProp(context.global, 'JSON');
  const parser = context.getProp(json, 'parse');
  const result = context.unwrapResult(context.callFunction(parser, context.undefined, text));
  for (const handle of [parser, json, text]) handle.dispose();
  return result;
}

/** The result on the host. Objects go as JSON, which is twice as fast as `dump` for large ones. */
function read(context, handle) {
  if (context.typeof(handle) !== 'object' || context.eq(handle, context.null)) return context.dump(handle);
  const json = context.getProp(context.global, 'JSON');
  const stringify = context.getProp(json, 'stringify');
  const text = context.unwrapResult(context.callFunction(stringify, context.undefined, handle));
  const result = JSON.parse(context.getString(text));
  for (const used of [text, stringify, json]) used.dispose();
  return result;
}

async function invoke(context, argument) {
  context.runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + TIMEOUT_MS));
  const handler = context.getProp(context.global, 'handler');
  const input = parse(context, argument);
  const returned = context.unwrapResult(context.callFunction(handler, context.undefined, input));
  input.dispose();
  handler.dispose();

  const state = context.getPromiseState(returned);
  if (state.type === 'fulfilled' && state.notAPromise) return returned.consume((handle) => read(context, handle));
  const settling = context.resolvePromise(returned);
  returned.dispose();
  context.runtime.executePendingJobs();
  const settled = context.unwrapResult(await settling);
  return settled.consume((handle) => read(context, handle));
}

function open(QuickJS, script, host) {
  const context = QuickJS.newContext();
  context.runtime.setMemoryLimit(MEMORY_LIMIT_BYTES);
  context.runtime.setMaxStackSize(STACK_BYTES);
  offer(context, host);
  context.unwrapResult(context.evalCode(script)).dispose();
  return context;
}

/** One context for all calls. */
export async function persistent({ script }, host) {
  const context = open(await getQuickJS(), script, host);
  return { call: (argument) => invoke(context, argument), close: () => context.dispose() };
}

/** A new context for each call, in the one WASM instance. */
export async function fresh({ script }, host) {
  const QuickJS = await getQuickJS();
  return {
    async call(argument) {
      const context = open(QuickJS, script, host);
      try {
        return await invoke(context, argument);
      } finally {
        context.dispose();
      }
    },
  };
}
