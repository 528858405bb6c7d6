import { isSandglassError, SandglassError } from '../errors.js';
import { tooDeep, tooSparse } from './cloneable.js';
import { MAX_DEPTH, MAX_SPARSE_LENGTH, TYPED_ARRAYS, type Table, type TableNode, type TableSlot } from './format.js';
import { createView, defineValue } from './objects.js';
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
 * What the regular expressions of one value may cost together: a character is one, a Unicode
 * property 2,048, and 20,480 where it may stand for strings (the flag `v`). The weights go by the
 * time that V8 takes: 100,000 characters took 24 ms (one-off).
 */
const MAX_PATTERN_COST = 65_536;
const PROPERTY_PATTERN_COST = 2_048;
const STRINGS_PATTERN_COST = 20_480;

/**
 * Rebuilds what `flatten` took apart, here or in a sandbox. The table may be forged: all of it can
 * be of any shape that `decodeValue` reads. First every object is made, then each is filled:
 * nothing recurses.
 *
 * @throws {SandglassError} `E_CLONE` for a table that is malformed, nested too deeply or mostly
 *   holes.
 */
export function revive(table: Table): unknown {
  // An Error of a guest has the guest's stack; collecting the host's takes ten times as long.
  const stackTraceLimit: unknown = Reflect.get(Error, 'stackTraceLimit');
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    // each field is checked where it is read
    return new Revival(list(list(table)[1]) as TableNode[]).run(table[0]);
  } catch (error) {
    throw isSandglassError(error) ? error : malformed(); // a field of the wrong shape
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}

class Revival {
  readonly #nodes: TableNode[];
  readonly #objects: unknown[];
  /** Nesting of each node that was referred to so far. */
  readonly #depths: number[] = [];
  #depth = 0;
  #holes = 0;
  #patternCost = 0;

  constructor(nodes: TableNode[]) {
    this.#nodes = nodes;
    this.#objects = nodes.map((node) => this.#create(list(node) as TableNode));
    nodes.forEach((node, i) => {
      if (node[0] === 'view') this.#objects[i] = this.#view(node);
    });
  }

  run(root: TableSlot): unknown {
    const value = this.#slot(root);
    this.#nodes.forEach((node, i) => {
      if (i >= this.#depths.length) throw malformed(); // nothing refers to it
      this.#depth = this.#depths[i]! + 1;
      this.#fill(node, this.#objects[i]);
    });
    return value;
  }

  #slot = (item: unknown): unknown => {
    if (typeof item !== 'object' || item === null) return item;
    const index = number(list(item)[0]);
    const depths = this.#depths;
    if (!(index >= 0 && index <= depths.length && index < this.#nodes.length)) throw malformed();
    if (index === depths.length) {
      if (this.#depth > MAX_DEPTH) throw tooDeep();
      depths.push(this.#depth);
    }
    return this.#objects[index];
  };

  #create(node: TableNode): unknown {
    switch (node[0]) {
      case 'object':
        return {};
      case 'array':
        return this.#array(number(node[1]), list(node[2]).length);
      case 'date':
        return new Date(number(node[1]));
      case 'regexp':
        return this.#regexp(string(node[1]), string(node[2]));
      case 'map':
        return new Map();
      case 'set':
        return new Set();
      case 'buffer':
        if (node[1] instanceof ArrayBuffer) return node[1];
        throw malformed();
      case 'view':
        return undefined; // when its buffer is there
      case 'error':
        return createError(node);
      case 'boxed':
        return Object(primitive(node[1])) as object;
      case 'function':
        return () => undefined;
      case 'symbol':
        return Symbol();
      default:
        throw malformed();
    }
  }

  #regexp(source: string, flags: string): RegExp {
    const properties = source.split(/\\p/i).length - 1;
    const cost = flags.includes('v') ? STRINGS_PATTERN_COST : PROPERTY_PATTERN_COST;
    this.#patternCost += source.length + properties * cost;
    if (this.#patternCost > MAX_PATTERN_COST)
      throw new SandglassError('E_QUOTA', 'Cannot copy regular expressions: they are too long together');
    try {
      return new RegExp(source, flags);
    } catch {
      throw new SandglassError(
        'E_CLONE',
        `Cannot copy /${source.slice(0, 64)}/${flags.slice(0, 8)}: this runtime lacks it`,
      );
    }
  }

  #array(length: number, elements: number): unknown[] {
    this.#holes += Math.max(0, length - elements);
    if (this.#holes > MAX_SPARSE_LENGTH) throw tooSparse(length);
    const array: unknown[] = [];
    array.length = length;
    return array;
  }

  #view([, type, buffer, byteOffset, length]: Extract<TableNode, ['view', ...unknown[]]>): ArrayBufferView {
    const target = this.#objects[number(list(buffer)[0])];
    const known = type === 'DataView' || (TYPED_ARRAYS as readonly string[]).includes(type);
    if (!known || !(target instanceof ArrayBuffer)) throw malformed();
    return createView(type, target, number(byteOffset), number(length));
  }

  #fill(node: TableNode, object: unknown): void {
    switch (node[0]) {
      case 'object':
        return this.#define(object as object, node[1], node[2]); // as created
      case 'array':
        this.#define(object as object, node[2], node[3]);
        // An element beyond the end, or one named `length`, would make it longer than was counted.
        if ((object as unknown[]).length !== node[1]) throw malformed();
        return;
      case 'map': {
        const keys = list(node[1]).map(this.#slot); // all keys stand before all values
        const values = list(node[2]).map(this.#slot);
        return keys.forEach((key, i) => (object as Map<unknown, unknown>).set(key, values[i]));
      }
      case 'set':
        return list(node[1]).forEach((value) => (object as Set<unknown>).add(this.#slot(value)));
      case 'view':
        return void this.#slot(node[2]);
      case 'error':
        if (node[4]) hide(object as Error, 'cause', this.#slot(node[5]));
        return;
      default:
    }
  }

  #define(object: object, keys: unknown, values: unknown): void {
    const slots = list(values);
    list(keys).forEach((key, i) => defineValue(object, string(key), this.#slot(slots[i])));
  }
}

function createError([, name, message, stack]: Extract<TableNode, ['error', ...unknown[]]>): Error {
  const type = (Object.hasOwn(ERRORS, string(name)) && ERRORS[name]) || Error;
  const error = message === undefined ? new type() : new type(string(message));
  hide(error, 'stack', typeof stack === 'string' ? stack : '');
  return error;
}

function hide(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, configurable: true });
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw malformed();
  return value;
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw malformed();
  return value;
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw malformed();
  return value;
}

function primitive(value: unknown): unknown {
  if (typeof value === 'object' || value === undefined) throw malformed();
  return value;
}
