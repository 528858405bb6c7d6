/**
 * Values travel in QuickJS' own object serialisation (`QTS_bjson_encode`/`QTS_bjson_decode`): the
 * engine writes and reads it in C, without running guest code, 3 to 9 times faster than JSON (`pnpm
 * bench --only engine-values`). It knows undefined, every number, BigInt, Date, boxed primitives,
 * buffers, typed arrays, shared references and cycles. A value with other parts (Map, Set, RegExp,
 * Error, DataView, holes in arrays) is first flattened into a table of plain nodes.
 *
 * Layout: one byte {@link FORM}, then the serialisation: version, atom table, value.
 *
 * JSON is written and read away from the host: `answer.ts` has what an endpoint or an operation
 * comes to in the thread, `json-data.ts` JSON text on its way into a sandbox.
 */

/** First byte of an encoded value. */
export const FORM = {
  /** The value itself follows. */
  direct: 0,
  /** A table of {@link TableNode} follows. */
  table: 1,
  /**
   * An object follows whose `body` is JSON, or whose `data` may be: a text to parse. Goes into
   * sandboxes only.
   */
  json: 2,
  /** The answer of an endpoint follows: see `writeAnswer`. */
  answer: 3,
} as const;

/** Version of the serialisation that the pinned engine speaks; it refuses any other. */
export const SERIAL_VERSION = 5;

export const TAG = {
  null: 1,
  undefined: 2,
  false: 3,
  true: 4,
  int32: 5,
  float64: 6,
  string: 7,
  object: 8,
  array: 9,
  bigint: 10,
  typedArray: 14,
  arrayBuffer: 15,
  date: 17,
  boxed: 18,
  reference: 19,
} as const;

/** Typed arrays in the order of the engine's class ids. */
export const TYPED_ARRAYS = [
  'Uint8ClampedArray',
  'Int8Array',
  'Uint8Array',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
] as const;

/** Nesting beyond this is refused with `E_CLONE`; the engine's own stack ends a little above. */
export const MAX_DEPTH = 1_000;

/** Holes that one value may have in all: whoever turns it into JSON writes each of them out. */
export const MAX_SPARSE_LENGTH = 1_000_000;

/**
 * Values that a table may have in all, each part of a node counted: a Map of 40,000 entries, 15,000
 * Errors. Rebuilding one takes the host up to 40 ms (benchmarks/src/suites/loop-blocks.ts).
 */
export const MAX_TABLE_VALUES = 131_072;

/** Bytes that are decoded at once, in up to 5 ms; more is decoded in turns of the event loop. */
export const MAX_BYTES_AT_ONCE = 65_536;

/** A slot of a table: a primitive as it is, or the index of a node in an array of one. */
export type TableSlot = undefined | null | boolean | number | bigint | string | [node: number];

/**
 * One object of a flattened value. Nodes are numbered in the order in which root and nodes first
 * refer to them.
 */
export type TableNode =
  | ['object', keys: string[], values: TableSlot[]]
  /** Keys are indices, so that holes stay holes. */
  | ['array', length: number, keys: string[], values: TableSlot[]]
  | ['date', time: number]
  | ['regexp', source: string, flags: string]
  | ['map', keys: TableSlot[], values: TableSlot[]]
  | ['set', values: TableSlot[]]
  | ['buffer', bytes: ArrayBuffer]
  | ['view', type: string, buffer: TableSlot, byteOffset: number, length: number]
  | ['error', name: string, message: TableSlot, stack: TableSlot, hasCause: boolean, cause: TableSlot]
  | ['boxed', primitive: TableSlot]
  /** Only in arguments of capabilities, so that `typeof` is right. */
  | ['function']
  | ['symbol'];

export type Table = [root: TableSlot, nodes: TableNode[]];
