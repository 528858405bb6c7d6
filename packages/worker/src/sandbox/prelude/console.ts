/**
 * The part of the prelude that defines what bundles made for V8 take for granted:
 * `Error.captureStackTrace` and `Error.stackTraceLimit`, `console`, whose text goes to
 * `writeConsole`, and `process`.
 */
export const PRELUDE_CONSOLE = /* js */ `
const bind = Function.prototype.bind;
/** A bound function shows no source: like a built-in's. */
const builtIn = (name, method) => {
  const bound = apply(bind, method, [undefined]);
  defineProperty(bound, 'name', { __proto__: null, value: name, configurable: true });
  return bound;
};
const hidden = (target, key, value) => defineProperty(target, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
hidden(NativeError, 'captureStackTrace', builtIn('captureStackTrace', (target) => { hidden(target, 'stack', new NativeError().stack); }));
hidden(NativeError, 'stackTraceLimit', 10);
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
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace']) put(console, name, builtIn(name, write));
  for (const name of ['assert', 'clear', 'count', 'countReset', 'dir', 'dirxml', 'group', 'groupCollapsed', 'groupEnd', 'table', 'time', 'timeEnd', 'timeLog']) put(console, name, builtIn(name, () => {}));
  hidden(globalThis, 'console', console);
  hidden(globalThis, 'process', { env: { NODE_ENV: nodeEnv } });
}
`;
