import { tooDeep, tooSparse, uncloneable } from './cloneable.js';
import { MAX_DEPTH, MAX_SPARSE_LENGTH, type Table, type TableNode, type TableSlot } from './format.js';
import { typedArrayType, types } from './types.js';

/**
 * Turns any cloneable value into a table of plain nodes: identity and holes survive, prototypes do
 * not. Nodes are numbered in the order in which they are first referred to.
 *
 * Follows StructuredSerializeInternal (HTML Standard): own enumerable string keys, getters read
 * once.
 *
 * @throws {SandglassError} `E_CLONE` naming what cannot be copied.
 */
export function flatten(value: unknown): Table {
  const objects: object[] = [];
  const depths: number[] = [];
  const indices = new Map<object, number>();
  let depth = 0;

  function slot(item: unknown): TableSlot {
    if (typeof item === 'function' || typeof item === 'symbol') throw uncloneable(item);
    // only primitives are left
    if (typeof item !== 'object' || item === null) return item as TableSlot;
    let index = indices.get(item);
    if (index === undefined) {
      if (depth > MAX_DEPTH) throw tooDeep();
      index = objects.push(item) - 1;
      depths.push(depth);
      indices.set(item, index);
    }
    return [index];
  }

  const root = slot(value);
  const nodes: TableNode[] = [];
  for (let i = 0; i < objects.length; i++) {
    depth = depths[i]! + 1;
    nodes.push(describe(objects[i]!, slot));
  }
  return [root, nodes];
}

type Slot = (item: unknown) => TableSlot;

function describe(object: object, slot: Slot): TableNode {
  if (types.isProxy(object)) throw uncloneable(object, 'a Proxy');
  if (Array.isArray(object)) return array(object, slot);
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return plain(object, slot);
  if (types.isMap(object)) return map(object, slot);
  if (types.isSet(object)) return set(object, slot);
  if (types.isDate(object)) return ['date', Date.prototype.getTime.call(object)];
  if (types.isRegExp(object)) return ['regexp', object.source, object.flags];
  if (types.isArrayBuffer(object)) return ['buffer', object];
  if (ArrayBuffer.isView(object)) return view(object, slot);
  if (types.isNativeError(object) || object instanceof Error) return error(object, slot);
  if (isOpaque(object)) throw uncloneable(object);
  // its primitive
  if (types.isBoxedPrimitive(object)) return ['boxed', object.valueOf() as TableSlot];
  return plain(object, slot);
}

function plain(object: object, slot: Slot): TableNode {
  const keys = Object.keys(object);
  return ['object', keys, keys.map((key) => slot((object as Record<string, unknown>)[key]))];
}

/** Whether the algorithm refuses an object: it has internal slots of which no copy exists. */
function isOpaque(object: object): boolean {
  return (
    types.isPromise(object) ||
    types.isSymbolObject(object) ||
    types.isGeneratorObject(object) ||
    types.isMapIterator(object) ||
    types.isSetIterator(object) ||
    types.isWeakMap(object) ||
    types.isWeakSet(object) ||
    types.isSharedArrayBuffer(object) ||
    HANDLES.has(Object.prototype.toString.call(object))
  );
}

/** What nothing tells by its slots. */
const HANDLES = new Set(['[object WeakRef]', '[object FinalizationRegistry]']);

/** Its own `forEach` may be another. */
function map(object: Map<unknown, unknown>, slot: Slot): TableNode {
  const entries: [unknown, unknown][] = [];
  Map.prototype.forEach.call(object, (value: unknown, key: unknown) => void entries.push([key, value]));
  return ['map', entries.map(([key]) => slot(key)), entries.map(([, value]) => slot(value))];
}

function set(object: Set<unknown>, slot: Slot): TableNode {
  const values: unknown[] = [];
  Set.prototype.forEach.call(object, (value: unknown) => void values.push(value));
  return ['set', values.map(slot)];
}

function array(items: unknown[], slot: Slot): TableNode {
  const keys = Object.keys(items);
  if (items.length - keys.length > MAX_SPARSE_LENGTH) throw tooSparse(items.length);
  return ['array', items.length, keys, keys.map((key) => slot((items as unknown as Record<string, unknown>)[key]))];
}

function view(object: ArrayBufferView, slot: Slot): TableNode {
  const type = typedArrayType(object);
  const length = type === undefined ? object.byteLength : (object as Uint8Array).length;
  return ['view', type ?? 'DataView', slot(object.buffer), object.byteOffset, length];
}

const ERROR_NAMES = new Set(['EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError']);

function error(object: Error, slot: Slot): TableNode {
  const { name, message, stack } = object;
  const text = (value: unknown): TableSlot => (typeof value === 'string' ? value : undefined);
  const hasCause = Object.hasOwn(object, 'cause');
  return [
    'error',
    ERROR_NAMES.has(name) ? name : 'Error',
    text(message),
    text(stack),
    hasCause,
    hasCause ? slot(object.cause) : undefined,
  ];
}
