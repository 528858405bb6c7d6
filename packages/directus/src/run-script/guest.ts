/**
 * The extension that runs a script: as sloppy code with the globals of Directus' Run Script,
 * evaluated anew in each call. `import()` finds nothing from there: code for `eval` has no module.
 */
export const SOURCE = `
import { print } from 'sandglass:script';

const levels = { log: 'info', info: 'info', warn: 'warn', error: 'error', trace: 'trace', debug: 'debug' };

export default {
  id: 'sandglass-run-script',
  handler: async ({ code, data, env }) => {
    const writers = Object.entries(levels).map(([name, level]) => [name, (...values) => print(level, values)]);
    Object.assign(globalThis, {
      global: globalThis,
      process: { env },
      module: { exports: null },
      console: Object.fromEntries(writers),
    });
    (0, eval)(code);
    if (typeof module.exports !== 'function') throw new TypeError('module.exports is not a function');
    return withNulls(await module.exports(data), new Set());
  },
};

// a flow has null where a script leaves undefined
function withNulls(value, seen) {
  if (typeof value !== 'object' || value === null || seen.has(value)) return value;
  seen.add(value);
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) value[key] = null;
    else withNulls(value[key], seen);
  }
  return value;
}
`;
