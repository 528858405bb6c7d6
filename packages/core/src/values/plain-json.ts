import { FORM, MAX_DEPTH, SERIAL_VERSION, TAG } from './format.js';
import { Reader } from './reader.js';

/** No byte of a part becomes more in UTF-8: a control character, or `false` and its comma. */
const MAX_GROWTH = 6;

/**
 * Whether a value is after a way through JSON what it was, and its text has `maxBytes` at the most:
 * told without writing it, and without making any of its objects.
 *
 * @param bytes of an encoded value, sound ones.
 * @returns false also for what would have to be looked at closer.
 */
export function isPlainJson(bytes: Uint8Array, maxBytes: number): boolean {
  const reader = new Reader(bytes);
  if (reader.u8() !== FORM.direct || reader.u8() !== SERIAL_VERSION) return false;
  let longestName = 0;
  for (let names = reader.leb(); names > 0; names--) longestName = Math.max(longestName, reader.skipString());
  const scan = new PlainScan(reader);
  // quotes and a colon
  return scan.isPlain(0) && bytes.length * MAX_GROWTH + scan.keys * (longestName * MAX_GROWTH + 3) <= maxBytes;
}

class PlainScan {
  readonly #reader: Reader;
  keys = 0;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  isPlain(depth: number): boolean {
    const reader = this.#reader;
    switch (reader.u8()) {
      case TAG.null:
      case TAG.false:
      case TAG.true:
        return true;
      case TAG.int32:
        reader.leb();
        return true;
      case TAG.float64:
        return isPlainNumber(reader.f64());
      case TAG.string:
        reader.skipString();
        return true;
      case TAG.array:
        return depth <= MAX_DEPTH && this.#areItemsPlain(depth + 1);
      case TAG.object:
        return depth <= MAX_DEPTH && this.#arePropertiesPlain(depth + 1);
      default:
        return false;
    }
  }

  #areItemsPlain(depth: number): boolean {
    for (let left = this.#reader.leb(); left > 0; left--) if (!this.isPlain(depth)) return false;
    return true;
  }

  #arePropertiesPlain(depth: number): boolean {
    for (let left = this.#reader.leb(); left > 0; left--) {
      this.#reader.leb(); // the name
      this.keys += 1;
      if (!this.isPlain(depth)) return false;
    }
    return true;
  }
}

/** `-0` is 0 in JSON, and what is not finite is null. */
function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}
