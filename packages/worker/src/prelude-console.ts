/**
 * The part of the prelude that defines what bundles made for V8 take for granted: `Error.captureStackTrace` and
 * `Error.stackTraceLimit`, `console`, whose text goes to `writeConsole`, and `process`.
 */
export const PRELUDE_CONSOLE = /* js */ `
defineProperty(NativeError, 'captureStackTrace', { __proto__: null, writable: true, enumerable: false, configurable: true, value: {
  captureStackTrace(target) {
    defineProperty(target, 'stack', { __proto__: null, value: new NativeError().stack, writable: true, enumerable: false, configurable: true });
  },
}.captureStackTrace });
defineProperty(NativeError, 'stackTraceLimit', { __proto__: null, value: 10, writable: true, enumerable: false, configurable: true });
if (nodeEnv !== null) {
  const show = (value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'symbol') return symbolText(value);
    if (typeof value === 'function') return '[function]';
    if (typeof value !== 'object' || value === null) return NativeString(value);
    try {
      if (KINDS[kindOf(value)] === 'error') return NativeString(value.stack ? value.name + ': ' + value.message + '\\n' + value.stack : value);
      const json = stringify(value);
      return json === undefined ? '[object]' : json;
    } catch { return '[object]'; }
  };
  const write = function (...args) {
    let text = '';
    for (let i = 0; i < args.length; i++) text += (i ? ' ' : '') + show(args[i]);
    writeConsole(text);
  };
  const console = {};
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace']) put(console, name, { [name](...args) { apply(write, undefined, args); } }[name]);
  for (const name of ['assert', 'clear', 'count', 'countReset', 'dir', 'dirxml', 'group', 'groupCollapsed', 'groupEnd', 'table', 'time', 'timeEnd', 'timeLog']) put(console, name, { [name]() {} }[name]);
  const hidden = (key, value) => defineProperty(globalThis, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
  hidden('console', console);
  hidden('process', { env: { NODE_ENV: nodeEnv } });
}
`;
