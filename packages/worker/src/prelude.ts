/**
 * The code that prepares a guest realm, evaluated before any guest code. It captures the intrinsics that it needs, keeps
 * them in a closure, and answers with an array of functions ({@link PRELUDE_FUNCTIONS}) that only the engine holds.
 *
 * After guest code ran, nothing of the realm can be trusted: no property lookup on a guest's object or on a prototype, no
 * assignment to an array slot (a setter may sit on the prototype), no iteration protocol. Lists are null-prototype objects
 * until they leave.
 *
 * Parameters: `kindOf(value)` and `writeConsole(text)` are native; `nodeEnv` is null when there is to be neither
 * `process` nor `console`.
 */
export const PRELUDE = /* js */ `(function (kindOf, writeConsole, nodeEnv) {
'use strict';
const { apply, defineProperty, ownKeys, getOwnPropertyDescriptor } = Reflect;
const { keys: objectKeys, freeze } = Object;
const NativeObject = Object, NativeMap = Map, NativeSet = Set, NativeDate = Date, NativeRegExp = RegExp, NativeError = Error;
const NativeString = String, NativeSymbol = Symbol, NativeDataView = DataView, NativeWeakMap = WeakMap, NativeArray = Array;
const ERRORS = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, InternalError, AggregateError };
const VIEWS = { __proto__: null };
for (const type of ['Uint8Clamped', 'Int8', 'Uint8', 'Int16', 'Uint16', 'Int32', 'Uint32', 'BigInt64', 'BigUint64', 'Float16', 'Float32', 'Float64']) {
  if (globalThis[type + 'Array']) VIEWS[type + 'Array'] = globalThis[type + 'Array'];
}
const uncurry = (fn) => (self, ...args) => apply(fn, self, args);
const getter = (object, key) => uncurry(getOwnPropertyDescriptor(object, key).get);
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const viewType = getter(typedArray, Symbol.toStringTag), viewBuffer = getter(typedArray, 'buffer');
const viewOffset = getter(typedArray, 'byteOffset'), viewLength = getter(typedArray, 'length');
const dataBuffer = getter(DataView.prototype, 'buffer'), dataOffset = getter(DataView.prototype, 'byteOffset'), dataLength = getter(DataView.prototype, 'byteLength');
const getTime = uncurry(Date.prototype.getTime), mapEach = uncurry(Map.prototype.forEach), setEach = uncurry(Set.prototype.forEach);
const mapSet = uncurry(Map.prototype.set), mapGet = uncurry(Map.prototype.get), setAdd = uncurry(Set.prototype.add);
const weakGet = uncurry(WeakMap.prototype.get), weakSet = uncurry(WeakMap.prototype.set);
const regexpSource = getter(RegExp.prototype, 'source'), regexpFlags = getter(RegExp.prototype, 'flags');
const boxValue = [uncurry(Number.prototype.valueOf), uncurry(String.prototype.valueOf), uncurry(Boolean.prototype.valueOf), uncurry(BigInt.prototype.valueOf)];
const symbolText = uncurry(Symbol.prototype.toString);
const stringify = JSON.stringify;
const KINDS = ['other', 'object', 'array', 'function', 'error', 'boxed', 'date', 'regexp', 'map', 'set', 'buffer', 'typed', 'dataview', 'proxy'];
const MAX_DEPTH = 1000;

/** Sets an own slot, whatever sits on the prototype. */
function put(target, key, value) {
  return defineProperty(target, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

/** Errors that the host made, with the code that the call gets if the guest lets one through. */
const hostErrors = new WeakMap();

function makeError([name, message, code, names, values]) {
  const error = new (ERRORS[name] || NativeError)(message);
  for (let i = 0; i < names.length; i++) put(error, names[i], values[i]);
  weakSet(hostErrors, error, code);
  return error;
}

function cannotCopy(what) {
  return makeError(['TypeError', 'Cannot copy ' + what + ' across the sandbox boundary', 'E_CLONE', [], []]);
}

function nameOf(value, kind) {
  if (typeof value === 'symbol') return symbolText(value);
  if (kind === 'proxy') return 'a Proxy';
  if (typeof value === 'function') {
    const name = getOwnPropertyDescriptor(value, 'name');
    return 'function "' + (name && typeof name.value === 'string' ? name.value : '') + '"';
  }
  return 'an object of this type';
}

/** Takes a value apart into a table of plain nodes: see TableNode in core. Asked only for what the engine cannot copy natively. */
function flatten(value, lenient) {
  const nodes = [];
  const indices = new NativeMap();
  const slot = (item, depth) => {
    if (typeof item === 'symbol' || typeof item === 'function') {
      if (!lenient) throw cannotCopy(nameOf(item, KINDS[kindOf(item)]));
      const node = nodes.length;
      put(nodes, node, [typeof item]);
      return [node];
    }
    return typeof item === 'object' && item !== null ? [visit(item, depth)] : item;
  };
  const visit = (object, depth) => {
    const known = mapGet(indices, object);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw makeError(['TypeError', 'Cannot copy a value nested more than ' + MAX_DEPTH + ' deep', 'E_CLONE', [], []]);
    const index = nodes.length;
    mapSet(indices, object, index);
    put(nodes, index, null);
    put(nodes, index, describeNode(object, (item) => slot(item, depth + 1)));
    return index;
  };
  const root = slot(value, 0);
  return [root, nodes];
}

function describeNode(object, slot) {
  const kind = KINDS[kindOf(object)];
  switch (kind) {
    case 'object': return withKeys(['object'], object, slot);
    case 'array': return withKeys(['array', object.length], object, slot);
    case 'date': return ['date', getTime(object)];
    case 'regexp': return ['regexp', regexpSource(object), regexpFlags(object)];
    case 'map': {
      const keys = [], values = [];
      mapEach(object, (value, key) => { put(keys, keys.length, key); put(values, values.length, value); });
      return ['map', slots(keys, slot), slots(values, slot)];
    }
    case 'set': {
      const values = [];
      setEach(object, (value) => { put(values, values.length, value); });
      return ['set', slots(values, slot)];
    }
    case 'buffer': return ['buffer', object];
    case 'typed': return ['view', viewType(object), slot(viewBuffer(object)), viewOffset(object), viewLength(object)];
    case 'dataview': return ['view', 'DataView', slot(dataBuffer(object)), dataOffset(object), dataLength(object)];
    case 'error': return errorNode(object, slot);
    case 'boxed': return ['boxed', unbox(object)];
    default: throw cannotCopy(nameOf(object, kind));
  }
}

function withKeys(node, object, slot) {
  const keys = objectKeys(object), values = [];
  for (let i = 0; i < keys.length; i++) put(values, i, slot(object[keys[i]]));
  put(node, node.length, keys);
  put(node, node.length, values);
  return node;
}

function slots(list, slot) {
  for (let i = 0; i < list.length; i++) put(list, i, slot(list[i]));
  return list;
}

function errorNode(object, slot) {
  const text = (value) => (typeof value === 'string' ? value : undefined);
  const name = object.name, message = getOwnPropertyDescriptor(object, 'message'), cause = getOwnPropertyDescriptor(object, 'cause');
  return ['error', typeof name === 'string' && ERRORS[name] ? name : 'Error', text(message && message.value), text(object.stack), !!cause, cause ? slot(cause.value) : undefined];
}

function unbox(object) {
  for (let i = 0; i < boxValue.length; i++) {
    try { return boxValue[i](object); } catch {}
  }
  throw cannotCopy('an object of this type');
}

/** Rebuilds a value from the table that the host sent. */
function revive([root, nodes]) {
  const objects = [];
  const slot = (item) => {
    if (typeof item !== 'object' || item === null) return item;
    const index = item[0];
    return index < objects.length && objects[index] !== undefined ? objects[index] : build(nodes[index], (object) => { fillUp(objects, index); put(objects, index, object); return object; }, slot);
  };
  return slot(root);
}

function fillUp(list, index) {
  for (let i = list.length; i < index; i++) put(list, i, undefined);
}

function build(node, place, slot) {
  switch (node[0]) {
    case 'object': return fill(place({}), node[1], node[2], slot);
    case 'array': {
      const array = place([]);
      array.length = node[1];
      return fill(array, node[2], node[3], slot);
    }
    case 'date': return place(new NativeDate(node[1]));
    case 'regexp': return place(new NativeRegExp(node[1], node[2]));
    case 'map': {
      const map = place(new NativeMap());
      for (let i = 0; i < node[1].length; i++) mapSet(map, slot(node[1][i]), slot(node[2][i]));
      return map;
    }
    case 'set': {
      const set = place(new NativeSet());
      for (let i = 0; i < node[1].length; i++) setAdd(set, slot(node[1][i]));
      return set;
    }
    case 'buffer': return place(node[1]);
    case 'view': return place(new (node[1] === 'DataView' ? NativeDataView : VIEWS[node[1]])(slot(node[2]), node[3], node[4]));
    case 'error': {
      const error = place(new (ERRORS[node[1]] || NativeError)(node[2] === undefined ? '' : node[2]));
      if (node[4]) defineProperty(error, 'cause', { __proto__: null, value: slot(node[5]), writable: true, configurable: true });
      return error;
    }
    case 'boxed': return place(NativeObject(node[1]));
    default: return place({});
  }
}

function fill(object, keys, values, slot) {
  for (let i = 0; i < keys.length; i++) put(object, keys[i], slot(values[i]));
  return object;
}

/** What was thrown, as plain data: [code, kind, name or value, message, stack, data]. Reading it may run guest code, within the call's limits. */
function describeThrown(thrown) {
  if (typeof thrown !== 'object' && typeof thrown !== 'function') {
    return ['', 'value', typeof thrown === 'symbol' ? symbolText(thrown) : thrown];
  }
  if (thrown === null) return ['', 'value', null];
  const kind = KINDS[kindOf(thrown)];
  const read = (key) => { try { return thrown[key]; } catch { return undefined; } };
  const text = (value) => (typeof value === 'string' ? value : undefined);
  const code = weakGet(hostErrors, thrown) || '';
  if (kind === 'proxy') return [code, 'error', 'Error', 'The extension threw a Proxy', '', undefined];
  const message = text(read('message'));
  if (kind !== 'error') return [code, 'error', 'Error', message === undefined ? 'The extension threw an object' : message, text(read('stack')) || '', copyData(thrown)];
  return [code, 'error', text(read('name')) || 'Error', message || '', text(read('stack')) || '', copyData(thrown)];
}

/** Own enumerable data of what was thrown, as a table; undefined when there is none or it cannot be copied. */
function copyData(thrown) {
  try {
    const data = {};
    let found = false;
    const keys = objectKeys(thrown);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (key === 'message' || key === 'stack') continue;
      const value = thrown[key];
      if (typeof value === 'function' || typeof value === 'symbol') continue;
      put(data, key, value);
      found = true;
    }
    return found ? flatten(data, true) : undefined;
  } catch {
    return undefined;
  }
}

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
  return entry(api);
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

return [makeError, flatten, revive, describeThrown, register, registered, collected.handlers];
})`;

/** What the prelude answers with, in this order. */
export const PRELUDE_FUNCTIONS = ['makeError', 'flatten', 'revive', 'describeThrown', 'register', 'registered', 'handlers'] as const;
export type PreludeFunction = (typeof PRELUDE_FUNCTIONS)[number];
