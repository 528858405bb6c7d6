import { PRELUDE_CONSOLE } from './console.js';
import { LATE_FUNCTIONS } from './late.js';
import { PRELUDE_REGISTER } from './register.js';
import { PRELUDE_THROWN } from './thrown.js';
import { PRELUDE_WEAK_REF } from './weak-ref.js';

/**
 * The code that prepares a guest realm, evaluated before any guest code. It captures the intrinsics
 * that it needs, keeps them in a closure, and answers with an array of functions ({@link
 * PRELUDE_FUNCTIONS}) that only the engine holds.
 *
 * After guest code ran, nothing of the realm can be trusted: no property lookup on a guest's object
 * or on a prototype, no assignment to an array slot (a setter may sit on the prototype), no
 * iteration protocol. Lists are null-prototype objects until they leave.
 *
 * Parameters: natives by name, `kindOf(value)`, `writeConsole(text)` and `askLocale(question)`; the
 * natives of {@link LATE_FUNCTIONS}, by index; `nodeEnv`, null when there is to be neither
 * `process` nor `console`.
 */
export const PRELUDE: string = /* js */ `(function (asked, natives, nodeEnv) {
'use strict';
const { kindOf, writeConsole, askLocale } = asked;
const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
const { keys: objectKeys, hasOwn } = Object;
const NativeObject = Object, NativeMap = Map, NativeSet = Set, NativeDate = Date, NativeRegExp = RegExp, NativeError = Error;
const NativeString = String, NativeDataView = DataView, NativeArray = Array, NativeProxy = Proxy;
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
const symbolText = uncurry(Symbol.prototype.toString), indexOf = uncurry(String.prototype.indexOf), slice = uncurry(String.prototype.slice);
const { stringify, parse } = JSON;
const KINDS = ['other', 'object', 'array', 'function', 'error', 'boxed', 'date', 'regexp', 'map', 'set', 'buffer', 'typed', 'dataview', 'proxy'];
const MAX_DEPTH = 1000, MAX_THROWN_OBJECTS = 10000;

/** Sets an own slot, whatever sits on the prototype. */
function put(target, key, value, enumerable = true) {
  return defineProperty(target, key, { __proto__: null, value, writable: true, enumerable, configurable: true });
}

/** A stack without the frames of this file, which are the first. */
function guestFrames(stack) {
  let rest = typeof stack === 'string' ? stack : '';
  for (;;) {
    const end = indexOf(rest, '\\n');
    if (end < 0 || indexOf(slice(rest, 0, end), '(sandglass:') < 0) return rest;
    rest = slice(rest, end + 1);
  }
}

/** Errors that the host made, with the code that the call gets if the guest lets one through. */
const hostErrors = new WeakMap();

function makeError(parts) {
  const name = parts[0], message = parts[1], code = parts[2], names = parts[3], values = parts[4], answer = parts[5]; // no iterator: the guest owns it
  const error = new (ERRORS[name] || NativeError)(message);
  put(error, 'stack', guestFrames(error.stack), false);
  for (let i = 0; i < names.length; i++) put(error, names[i], values[i], false);
  if (answer) put(error, 'response', makeResponse(answer[0], answer[1], answer[2]), false);
  weakSet(hostErrors, error, code);
  return error;
}

/** Parses the body of a request, which is JSON, or the data of an answer, if it is. Both are slots of its own already: no setter is asked. */
function parseData(answer) {
  if (hasOwn(answer, 'body')) return (answer.body = parse(answer.body)), answer;
  try {
    answer.data = parse(answer.data);
  } catch {}
  return answer;
}

/** An answer in the two ways that extensions read it: as JSON, and as an object. A text is written without asking anything of the guest's. */
function makeResponse(head, text, isJson) {
  let data = text, json;
  try {
    if (isJson) data = parse(json = text);
  } catch {
    json = undefined;
  }
  if (json === undefined) json = stringify(text);
  const response = new NativeString(slice(head, 0, -1) + ',"data":' + json + '}');
  const fields = parse(head), names = objectKeys(fields);
  for (let i = 0; i < names.length; i++) put(response, names[i], fields[names[i]], false);
  return put(response, 'data', data, false), response;
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

/** Takes a value apart into a table of plain nodes: see TableNode in core. Asked only for what the engine cannot copy natively. Nothing recurses: the stack is small. */
function flatten(value, lenient, max = Infinity) {
  const objects = [], depths = [], nodes = [];
  const indices = new NativeMap();
  let depth = 0;
  const slot = (item) => {
    const type = typeof item;
    if (type === 'function' || type === 'symbol') {
      if (!lenient) throw cannotCopy(nameOf(item, KINDS[kindOf(item)]));
      return [add({ type })];
    }
    if (type !== 'object' || item === null) return item;
    const known = mapGet(indices, item);
    if (known !== undefined) return [known];
    if (depth > MAX_DEPTH) throw makeError(['TypeError', 'Cannot copy a value nested more than ' + MAX_DEPTH + ' deep', 'E_CLONE', [], []]);
    mapSet(indices, item, objects.length);
    return [add({ object: item })];
  };
  const add = (entry) => {
    const index = objects.length;
    if (index >= max) throw cannotCopy('more than ' + max + ' objects');
    put(objects, index, entry);
    put(depths, index, depth);
    return index;
  };
  const root = slot(value);
  for (let i = 0; i < objects.length; i++) {
    const entry = objects[i];
    depth = depths[i] + 1;
    put(nodes, i, hasOwn(entry, 'object') ? describeNode(entry.object, slot) : [entry.type]);
  }
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

/** Rebuilds a value from the table that the host sent: first every object, then what is in them. */
function revive(table) {
  const root = table[0], nodes = table[1], objects = [];
  const slot = (item) => (typeof item === 'object' && item !== null ? objects[item[0]] : item);
  for (let i = 0; i < nodes.length; i++) put(objects, i, create(nodes[i]));
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node[0] !== 'view') continue;
    put(objects, i, new (node[1] === 'DataView' ? NativeDataView : VIEWS[node[1]])(slot(node[2]), node[3], node[4]));
  }
  for (let i = 0; i < nodes.length; i++) fill(nodes[i], objects[i], slot);
  return slot(root);
}

function create(node) {
  switch (node[0]) {
    case 'array': {
      const array = [];
      array.length = node[1];
      return array;
    }
    case 'date': return new NativeDate(node[1]);
    case 'regexp': return new NativeRegExp(node[1], node[2]);
    case 'map': return new NativeMap();
    case 'set': return new NativeSet();
    case 'buffer': return node[1];
    case 'error': return createError(node);
    case 'boxed': return NativeObject(node[1]);
    default: return {};
  }
}

function createError(node) {
  const type = ERRORS[node[1]] || NativeError;
  const error = node[2] === undefined ? new type() : new type(node[2]);
  defineProperty(error, 'stack', { __proto__: null, value: typeof node[3] === 'string' ? node[3] : '', writable: true, configurable: true });
  return error;
}

function fill(node, object, slot) {
  switch (node[0]) {
    case 'object': return defineAll(object, node[1], node[2], slot);
    case 'array': return defineAll(object, node[2], node[3], slot);
    case 'map':
      for (let i = 0; i < node[1].length; i++) mapSet(object, slot(node[1][i]), slot(node[2][i]));
      return;
    case 'set':
      for (let i = 0; i < node[1].length; i++) setAdd(object, slot(node[1][i]));
      return;
    case 'error':
      if (node[4]) defineProperty(object, 'cause', { __proto__: null, value: slot(node[5]), writable: true, configurable: true });
  }
}

function defineAll(object, keys, values, slot) {
  for (let i = 0; i < keys.length; i++) put(object, keys[i], slot(values[i]));
}

${PRELUDE_THROWN}

${PRELUDE_REGISTER}
${PRELUDE_CONSOLE}
${PRELUDE_WEAK_REF}
${JSON.stringify(LATE_FUNCTIONS.map(({ path, length }) => [path.split('.'), length]))}.forEach(([path, length], i) => {
  const name = path.pop();
  if (length > 0) defineProperty(natives[i], 'length', { value: length, configurable: true });
  put(path.reduce((object, key) => object[key], globalThis), name, natives[i], false);
});

/** What late functions use of the realm as it was: see late.ts. */
const lateTools = [apply, put, ERRORS, NativeObject, NativeArray, NativeProxy, Object.defineProperty, Symbol.asyncIterator, Symbol.iterator, boxValue, getTime, askLocale, NativeString];
const lateFunctions = { __proto__: null };
/** The late function of a path, made by its part when that is given. */
function late(path, part) {
  if (part) {
    const made = part(lateTools), paths = objectKeys(made);
    for (let i = 0; i < paths.length; i++) lateFunctions[paths[i]] = made[paths[i]];
  }
  return lateFunctions[path];
}
return [makeError, parseData, flatten, revive, describeThrown, stackOf, register, registered, collected.handlers, late];
})`;

/** What the prelude answers with, in this order. */
export const PRELUDE_FUNCTIONS = [
  'makeError',
  'parseData',
  'flatten',
  'revive',
  'describeThrown',
  'stackOf',
  'register',
  'registered',
  'handlers',
  'late',
] as const;
export type PreludeFunction = (typeof PRELUDE_FUNCTIONS)[number];
