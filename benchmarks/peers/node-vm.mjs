import vm from 'node:vm';

/** node:vm is no security boundary; it shows what plain V8 costs. */

const TIMEOUT_MS = 1000;

export async function persistent({ script }, host) {
  const context = vm.createContext({ ...host });
  new vm.Script(script).runInContext(context);
  return { call: (argument) => context.handler(argument) };
}

export async function fresh({ script }, host) {
  // compiled once, as its documentation advises for repeated runs
  const compiled = new vm.Script(script);
  return {
    call(argument) {
      const context = vm.createContext({ ...host });
      compiled.runInContext(context, { timeout: TIMEOUT_MS });
      return context.handler(argument);
    },
  };
}
