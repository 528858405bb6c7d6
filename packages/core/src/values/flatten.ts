import { isProxy, tooDeep, tooSparse, uncloneable } from './cloneable.js';
import { MAX_DEPTH, MAX_SPARSE_LENGTH, type Table, type TableNode, type TableSlot } from './format.js';

/**
 * Turns any cloneable value into a table of plain nodes: identity and holes survive, prototypes do not. Nodes are numbered
 * in the order in which they are first referred to.
 *
 * Follows StructuredSerializeInternal (HTML Standard): own enumerable string keys, getters read once.
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
    if (typeof item !== 'object' || item === null) return item as TableSlot; // only primitives are left
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
  if (isProxy(object)) throw uncloneable(object, 'a Proxy');
  if (Array.isArray(object)) return array(object, slot);
  if (object instanceof Map) {
    const entries = [...(object as Map<unknown, unknown>)];
    return ['map', entries.map(([key]) => slot(key)), entries.map(([, value]) => slot(value))];
  }
  if (object instanceof Set) return ['set', [...(object as Set<unknown>)].map(slot)];
  if (object instanceof Date) return ['date', object.getTime()];
  if (object instanceof RegExp) return ['regexp', object.source, object.flags];
  if (object instanceof ArrayBuffer) return ['buffer', object];
  if (ArrayBuffer.isView(object)) return view(object, slot);
  if (object instanceof Error) return error(object, slot);
  if (BOXES.some((type) => object instanceof type)) return ['boxed', object.valueOf() as TableSlot]; // its primitive
  if (OPAQUE.some((type) => object instanceof type)) throw uncloneable(object);
  const keys = Object.keys(object);
  return ['object', keys, keys.map((key) => slot((object as Record<string, unknown>)[key]))];
}

const BOXES: readonly (abstract new (...args: never[]) => object)[] = [Number, String, Boolean, Object(0n).constructor];

/** Platform objects that the algorithm refuses. */
const OPAQUE: readonly (new (...args: never[]) => object)[] = [Promise, WeakMap, WeakSet, WeakRef, SharedArrayBuffer];

function array(items: unknown[], slot: Slot): TableNode {
  const keys = Object.keys(items);
  if (items.length - keys.length > MAX_SPARSE_LENGTH) throw tooSparse(items.length);
  return ['array', items.length, keys, keys.map((key) => slot((items as unknown as Record<string, unknown>)[key]))];
}

function view(object: ArrayBufferView, slot: Slot): TableNode {
  const type = (object as Uint8Array)[Symbol.toStringTag] as string;
  const length = object instanceof DataView ? object.byteLength : (object as Uint8Array).length;
  return ['view', type, slot(object.buffer), object.byteOffset, length];
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
