import { TAG } from './format.js';
import { Reader } from './reader.js';

/**
 * Whether a directly encoded value holds an array with an undefined element. The engine writes a
 * hole as undefined; whoever still has the value must then say which of the two it was.
 *
 * @param bytes the serialisation with its leading form byte.
 */
export function hasUndefinedElement(bytes: Uint8Array): boolean {
  // Most values: two fast searches.
  if (!bytes.includes(TAG.array) || !bytes.includes(TAG.undefined)) return false;
  const reader = new Reader(bytes);
  reader.skip(2); // form and version
  for (let atoms = reader.leb(); atoms > 0; atoms--) reader.skipString();
  return scan(reader, false);
}

/** Recursion is bounded by the engine's, whose stack ends first. */
function scan(reader: Reader, inArray: boolean): boolean {
  switch (reader.u8()) {
    case TAG.undefined:
      return inArray;
    case TAG.int32:
    case TAG.reference:
      reader.leb();
      return false;
    case TAG.float64:
      reader.skip(8);
      return false;
    case TAG.string:
      reader.skipString();
      return false;
    case TAG.bigint:
      reader.skip(reader.leb());
      return false;
    case TAG.array:
      return scanMany(reader, reader.leb(), true);
    case TAG.object:
      return scanMany(reader, reader.leb(), false);
    case TAG.arrayBuffer:
      skipBuffer(reader);
      return false;
    case TAG.typedArray:
      reader.u8();
      reader.leb();
      reader.leb();
      return scan(reader, false);
    case TAG.date:
    case TAG.boxed:
      return scan(reader, false);
    default:
      return false;
  }
}

function scanMany(reader: Reader, count: number, inArray: boolean): boolean {
  for (let i = 0; i < count; i++) {
    if (!inArray) reader.leb(); // the key
    if (scan(reader, inArray)) return true;
  }
  return false;
}

function skipBuffer(reader: Reader): void {
  const length = reader.leb();
  reader.leb();
  reader.skip(length);
}
