import { SandglassError } from '../errors.js';
import { MAX_DEPTH, type Table, type TableNode, type TableSlot } from './format.js';

/**
 * Turns any cloneable value into a table of plain nodes: identity and holes survive, prototypes do not.
 *
 * Follows StructuredSerializeInternal (HTML Standard): own enumerable string keys, getters read once.
 *
 * @throws {SandglassError} `E_CLONE` naming what cannot be copied.
 */
export function flatten(value: unknown): Table {
  const nodes: TableNode[] = [];
  const indices = new Map<object, number>();

  function slot(item: unknown, depth: number): TableSlot {
    switch (typeof item) {
      case 'function':
      case 'symbol':
        throw uncloneable(item);
      case 'object':
        return item === null ? null : [node(item, depth)];
      default:
        return item as TableSlot; // only primitives are left
    }
  }

  function node(object: object, depth: number): number {
    const known = indices.get(object);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw tooDeep();
    const index = nodes.length;
    indices.set(object, index);
    nodes.push(['function']); // keeps the place: children may refer back
    nodes[index] = describe(object, (item) => slot(item, depth + 1));
    return index;
  }

  return [slot(value, 0), nodes];
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
  if (object instanceof Number || object instanceof String || object instanceof Boolean || object instanceof BigInt) {
    return ['boxed', object.valueOf() as TableSlot]; // valueOf of a box is its primitive
  }
  if (OPAQUE.some((type) => object instanceof type)) throw uncloneable(object);
  const keys = Object.keys(object);
  return ['object', keys, keys.map((key) => slot((object as Record<string, unknown>)[key]))];
}

/** Platform objects that the algorithm refuses. */
const OPAQUE: readonly (new (...args: never[]) => object)[] = [Promise, WeakMap, WeakSet, WeakRef, SharedArrayBuffer];

function array(items: unknown[], slot: Slot): TableNode {
  const keys = Object.keys(items);
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
  return ['error', ERROR_NAMES.has(name) ? name : 'Error', text(message), text(stack), hasCause, hasCause ? slot(object.cause) : undefined];
}

interface NodeLike {
  process?: { getBuiltinModule?: (id: string) => { types: { isProxy(value: unknown): boolean } } | undefined };
}

/** Only Node can tell a Proxy from outside; elsewhere one is read like its target. */
export const isProxy: (value: unknown) => boolean =
  (globalThis as NodeLike).process?.getBuiltinModule?.('node:util')?.types.isProxy ?? (() => false);

/** The error for what no copy exists of. */
export function uncloneable(value: unknown, what: string = nameOf(value)): SandglassError {
  return new SandglassError('E_CLONE', `Cannot copy ${what} across the sandbox boundary`);
}

export function tooDeep(): SandglassError {
  return new SandglassError('E_CLONE', `Cannot copy a value nested more than ${MAX_DEPTH} deep`);
}

function nameOf(value: unknown): string {
  if (typeof value === 'function') return `function "${value.name}"`;
  if (typeof value === 'symbol') return value.toString();
  return Object.prototype.toString.call(value);
}
