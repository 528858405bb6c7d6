import { createView, defineValue } from './decode.js';
import { TYPED_ARRAYS, type Table, type TableNode, type TableSlot } from './format.js';
import { malformed } from './reader.js';

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/**
 * Rebuilds what `flatten` took apart, here or in a sandbox. The table may be forged.
 *
 * @throws {SandglassError} `E_CLONE` for a table that is malformed.
 */
export function revive(table: Table): unknown {
  if (!Array.isArray(table) || !Array.isArray(table[1])) throw malformed();
  const [root, nodes] = table;
  const objects: unknown[] = [];
  const started = new Set<number>();

  function slot(item: TableSlot): unknown {
    if (!Array.isArray(item)) {
      if (typeof item === 'object' && item !== null) throw malformed();
      return item;
    }
    const index = item[0];
    if (started.has(index)) {
      if (!(index in objects)) throw malformed(); // a view that is its own buffer
      return objects[index];
    }
    const node = nodes[index];
    if (!Array.isArray(node)) throw malformed();
    started.add(index);
    try {
      return build(node, slot, (object) => (objects[index] = object));
    } catch (error) {
      throw error instanceof TypeError || error instanceof SyntaxError ? malformed() : error; // a field of the wrong shape
    }
  }

  return slot(root);
}

type Slot = (item: TableSlot) => unknown;
/** Makes the object known before its children are read, so that they can refer to it. */
type Place = <T>(object: T) => T;

function build(node: TableNode, slot: Slot, place: Place): unknown {
  switch (node[0]) {
    case 'object':
      return fill(place({}), node[1], node[2], slot);
    case 'array': {
      const array = place([] as unknown[]);
      if (!isLength(node[1])) throw malformed();
      array.length = node[1];
      return fill(array, node[2], node[3], slot);
    }
    case 'date':
      return place(new Date(node[1]));
    case 'regexp':
      return place(new RegExp(String(node[1]), String(node[2])));
    case 'map': {
      const map = place(new Map<unknown, unknown>());
      node[1].forEach((key, i) => map.set(slot(key), slot(node[2][i])));
      return map;
    }
    case 'set': {
      const set = place(new Set<unknown>());
      for (const value of node[1]) set.add(slot(value));
      return set;
    }
    case 'buffer':
      if (!(node[1] instanceof ArrayBuffer)) throw malformed();
      return place(node[1]);
    case 'view':
      return place(view(node[1], slot(node[2]), node[3], node[4]));
    case 'error':
      return error(node, slot, place);
    case 'boxed':
      return place(Object(slot(node[1])) as object);
    case 'function':
      return place(() => undefined);
    case 'symbol':
      return place(Symbol());
    default:
      throw malformed();
  }
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function fill(object: object, keys: string[], values: TableSlot[], slot: Slot): object {
  keys.forEach((key, i) => defineValue(object, String(key), slot(values[i])));
  return object;
}

function view(type: string, buffer: unknown, byteOffset: number, length: number): ArrayBufferView {
  const known = type === 'DataView' || (TYPED_ARRAYS as readonly string[]).includes(type);
  if (!known || !(buffer instanceof ArrayBuffer)) throw malformed();
  return createView(type, buffer, byteOffset, length);
}

function error(node: Extract<TableNode, ['error', ...unknown[]]>, slot: Slot, place: Place): Error {
  const [, name, message, stack, hasCause, cause] = node;
  const type = (Object.hasOwn(ERRORS, name) && ERRORS[name]) || Error;
  const result = place(new type(typeof message === 'string' ? message : ''));
  Object.defineProperty(result, 'stack', { value: typeof stack === 'string' ? stack : '', writable: true, configurable: true });
  if (hasCause) Object.defineProperty(result, 'cause', { value: slot(cause), writable: true, configurable: true });
  return result;
}
