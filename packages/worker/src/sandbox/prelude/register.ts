/**
 * The part of the prelude that hands an extension its router or hook functions and collects what it
 * registers.
 */
export const PRELUDE_REGISTER = /* js */ `
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Hands the extension its router or hook functions and collects what it registers. Returns what the default export returned. */
const collected = { __proto__: null, list: [], handlers: [], open: true };

function register(type, entry) {
  if (type === 'operation') {
    if (typeof entry !== 'object' || entry === null) throw new ERRORS.TypeError('Operation config has to be of type object');
    const id = entry.id, handler = entry.handler;
    if (typeof id !== 'string') throw new ERRORS.TypeError('Operation config id has to be of type string');
    if (typeof handler !== 'function') throw new ERRORS.TypeError('Operation config handler has to be of type function');
    return collect(['operation', id], handler);
  }
  if (typeof entry !== 'function') throw new ERRORS.TypeError('The default export has to be of type function');
  const api = {};
  if (type === 'endpoint') {
    for (let i = 0; i < METHODS.length; i++) {
      const method = METHODS[i];
      put(api, method, (path, handler) => {
        if (typeof path !== 'string') throw new ERRORS.TypeError('Route path has to be of type string');
        if (typeof handler !== 'function') throw new ERRORS.TypeError('Route handler has to be of type function');
        collect(['route', method, path], handler);
      });
    }
  } else {
    put(api, 'filter', registrar('filter', 'Filter'));
    put(api, 'action', registrar('action', 'Action'));
  }
  return entry.length > 1 ? enterExplained(type, entry, api) : entry(api);
}

/** Calls a default export that wants more than it gets: an error of the engine for what is missing says so. */
function enterExplained(type, entry, api) {
  const explain = (error) => {
    const { value } = (KINDS[kindOf(error)] === 'error' && getOwnPropertyDescriptor(error, 'message')) || {};
    if (typeof value === 'string' && (value === 'cannot convert to object' || indexOf(value, ' of undefined') > 0))
      put(error, 'message', value + ': a sandboxed ' + type + ' gets one argument, ' + (type === 'hook' ? '{ filter, action }' : 'its router'), false);
    throw error;
  };
  let result;
  try { result = entry(api); } catch (error) { explain(error); }
  try { return promiseThen(result, undefined, explain); } catch { return result; } // no promise
}

function registrar(type, label) {
  return (event, handler) => {
    if (typeof event !== 'string') throw new ERRORS.TypeError(label + ' event has to be of type string');
    if (typeof handler !== 'function') throw new ERRORS.TypeError(label + ' handler has to be of type function');
    collect([type, event], handler);
  };
}

function collect(registration, handler) {
  if (!collected.open) return;
  put(collected.list, collected.list.length, registration);
  put(collected.handlers, collected.handlers.length, handler);
}

/** Ends registration: later calls of the router do nothing. */
function registered() {
  collected.open = false;
  return collected.list;
}
`;
