import type { CallWire, ErrorWire, OutcomeWire } from './protocol.js';

/**
 * Calls and outcomes on their way between threads, many in one buffer: the structured clone of an
 * object and a byte array for each costs several times what running a small handler does.
 *
 * A packed list is a table of int32, `[count, row, row, …]`, followed by the bytes that the rows
 * stand for, in their order.
 */

/** Fields of a row. The last one is the number of bytes. */
const ROW_LENGTH = 4;
const INT32_BYTES = 4;
const MAX_INT32 = 2 ** 31 - 1;

/** In place of a number of bytes: the row's outcome is the next of the errors. */
const IS_ERROR = -1;

const NO_ERRORS: readonly ErrorWire[] = [];

/** Outcomes in one buffer. */
export interface PackedOutcomes {
  packed: Uint8Array;
  /** Of the calls that failed, in their order. */
  errors: readonly ErrorWire[];
}

/** Puts calls into one buffer. */
export function packCalls(calls: readonly CallWire[]): Uint8Array {
  let byteLength = 0;
  for (const { argument } of calls) byteLength += argument.byteLength;
  const list = new PackedList(calls.length, byteLength);
  for (const { callId, extensionId, handler, argument } of calls) {
    list.add(callId, extensionId, handler, argument);
  }
  return list.packed;
}

/** Reads what {@link packCalls} made. The arguments are views of the buffer. */
export function unpackCalls(packed: Uint8Array): CallWire[] {
  const calls: CallWire[] = [];
  const table = tableOf(packed);
  if (!table) return calls;
  let offset = table.byteLength;
  for (let row = 1; row < table.length; row += ROW_LENGTH) {
    const end = offset + at(table, row + 3);
    const argument = viewOf(packed, offset, end - offset);
    calls.push(new UnpackedCall(at(table, row), at(table, row + 1), at(table, row + 2), argument));
    offset = end;
  }
  return calls;
}

/** A class, not a literal: see `Node` in `linked-list.ts`. */
class UnpackedCall implements CallWire {
  readonly callId: number;
  readonly extensionId: number;
  readonly handler: number;
  readonly argument: Uint8Array;

  constructor(callId: number, extensionId: number, handler: number, argument: Uint8Array) {
    this.callId = callId;
    this.extensionId = extensionId;
    this.handler = handler;
    this.argument = argument;
  }
}

/** Puts outcomes into one buffer. CPU time is rounded to microseconds. */
export function packOutcomes(outcomes: readonly OutcomeWire[]): PackedOutcomes {
  let byteLength = 0;
  let errors: ErrorWire[] | undefined;
  for (const outcome of outcomes) if (outcome.ok) byteLength += outcome.value.byteLength;
  const list = new PackedList(outcomes.length, byteLength);
  for (const outcome of outcomes) {
    const { callId, usage } = outcome;
    const spentUs = Math.min(Math.round(usage.cpuTimeMs * 1_000), MAX_INT32);
    const cpuTimeUs = outcome.goesOn === true ? ~spentUs : spentUs; // below zero: it goes on
    const heapBytes = Math.min(usage.heapBytes, MAX_INT32);
    if (outcome.ok) list.add(callId, cpuTimeUs, heapBytes, outcome.value);
    else {
      list.addRow(callId, cpuTimeUs, heapBytes, IS_ERROR);
      (errors ??= []).push(outcome.error);
    }
  }
  return { packed: list.packed, errors: errors ?? NO_ERRORS };
}

/**
 * Reads what {@link packOutcomes} made; it may be forged. The values are views of the buffer, the
 * errors are unchecked.
 *
 * @returns undefined for bytes that are no list of outcomes.
 */
export function unpackOutcomes(packed: Uint8Array, errors: readonly unknown[]): OutcomeWire[] | undefined {
  const table = tableOf(packed);
  if (!table) return undefined;
  const outcomes: OutcomeWire[] = [];
  let offset = table.byteLength;
  let error = 0;
  for (let row = 1; row < table.length; row += ROW_LENGTH) {
    const callId = at(table, row);
    const cpuTimeUs = at(table, row + 1);
    const goesOn = cpuTimeUs < 0;
    const usage = { cpuTimeMs: (goesOn ? ~cpuTimeUs : cpuTimeUs) / 1_000, heapBytes: at(table, row + 2) };
    const length = at(table, row + 3);
    if (length === IS_ERROR) {
      // unchecked, as said
      outcomes.push({ callId, ok: false, error: errors[error++] as ErrorWire, usage, goesOn });
      continue;
    }
    const end = offset + length;
    if (length < 0 || end > packed.byteLength) return undefined;
    outcomes.push({ callId, ok: true, value: viewOf(packed, offset, length), usage, goesOn });
    offset = end;
  }
  return outcomes;
}

/** A packed list that is being filled. */
class PackedList {
  readonly packed: Uint8Array;
  readonly #table: Int32Array;
  #row = 1;
  #offset: number;

  constructor(count: number, byteLength: number) {
    const tableLength = 1 + count * ROW_LENGTH;
    this.#offset = tableLength * INT32_BYTES;
    const buffer = new ArrayBuffer(this.#offset + byteLength);
    this.packed = new Uint8Array(buffer);
    this.#table = new Int32Array(buffer, 0, tableLength);
    this.#table[0] = count;
  }

  /** Adds a row with its bytes. */
  add(first: number, second: number, third: number, bytes: Uint8Array): void {
    const { byteLength } = bytes;
    this.addRow(first, second, third, byteLength);
    if (byteLength === 0) return;
    this.packed.set(bytes, this.#offset);
    this.#offset += byteLength;
  }

  /** Adds a row alone. */
  addRow(first: number, second: number, third: number, length: number): void {
    const table = this.#table;
    const row = this.#row;
    table[row] = first;
    table[row + 1] = second;
    table[row + 2] = third;
    table[row + 3] = length;
    this.#row = row + ROW_LENGTH;
  }
}

/** The table of a packed list, or undefined if the buffer cannot hold what it claims. */
function tableOf(packed: Uint8Array): Int32Array | undefined {
  const { byteLength } = packed;
  if (byteLength < INT32_BYTES) return undefined;
  const isAligned = packed.byteOffset % INT32_BYTES === 0;
  const { buffer, byteOffset } = isAligned ? packed : packed.slice();
  const count = new Int32Array(buffer, byteOffset, 1)[0] ?? 0;
  const length = 1 + count * ROW_LENGTH;
  if (count < 0 || length * INT32_BYTES > byteLength) return undefined;
  return new Int32Array(buffer, byteOffset, length);
}

/** A plain view, whatever subclass the list is of. */
function viewOf({ buffer, byteOffset }: Uint8Array, offset: number, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + offset, length);
}

/** An element that exists. */
function at(table: Int32Array, index: number): number {
  return table[index] ?? 0;
}
