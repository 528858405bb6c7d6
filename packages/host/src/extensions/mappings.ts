/** A position in a source: lines and columns count from 0. */
export interface SourcePosition {
  /** Index into the map's `sources`. */
  source: number;
  line: number;
  column: number;
}

/** Characters of text between two checkpoints: a look-up decodes about that many. */
const STRIDE = 256;
/** Numbers of one checkpoint: where the text goes on, then the segment before it. */
const FIELDS = 7;
/** Digits of base64 VLQ. */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES: Int8Array = new Int8Array(128).fill(-1);
for (let i = 0; i < DIGITS.length; i++) VALUES[DIGITS.charCodeAt(i)] = i;
/** A number of 32 bits takes no more digits. */
const MAX_SHIFT = 30;

/**
 * The `mappings` of one source map, looked up in their text. They are never decoded as a whole:
 * that takes 50 times the memory of the text, and lines and columns cost nothing here, however
 * large a map makes them.
 *
 * Segments of a line have to be in the order of their columns, as generators write them. Reading
 * ends at text that is no mapping.
 */
export class Mappings {
  readonly #text: string;
  /** Made at the first look-up. */
  #checkpoints: Int32Array | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Finds the segment that covers a position, the nearest before it in its line.
   *
   * @returns undefined if there is none, or if it has no source.
   */
  find(line: number, column: number): SourcePosition | undefined {
    this.#checkpoints ??= checkpointsOf(this.#text);
    const cursor = new Cursor(this.#text, checkpointBefore(this.#checkpoints, line, column));
    let found = cursor.line === line && cursor.column <= column ? cursor.position() : undefined;
    let foundColumn = found ? cursor.column : -1;
    while (cursor.next()) {
      if (cursor.line > line || (cursor.line === line && cursor.column > column)) break;
      if (cursor.line < line || cursor.size === 0 || cursor.column === foundColumn) continue;
      found = cursor.position();
      foundColumn = cursor.column;
    }
    return found && found.source >= 0 ? found : undefined;
  }
}

/** Goes from segment to segment and from line to line. Its fields are those of the last segment. */
class Cursor {
  readonly #text: string;
  offset = 0;
  line = 0;
  column = 0;
  source = 0;
  sourceLine = 0;
  sourceColumn = 0;
  /** Numbers in the segment: 1 without a source; 0 at the begin of a line. */
  size = 0;

  constructor(text: string, checkpoint?: Int32Array) {
    this.#text = text;
    if (!checkpoint) return;
    [this.offset, this.line, this.column, this.source, this.sourceLine, this.sourceColumn, this.size] =
      // FIELDS long
      checkpoint as unknown as [number, number, number, number, number, number, number];
  }

  toFields(): number[] {
    return [this.offset, this.line, this.column, this.source, this.sourceLine, this.sourceColumn, this.size];
  }

  position(): SourcePosition | undefined {
    if (this.size === 0) return undefined;
    return { source: this.size < 4 ? -1 : this.source, line: this.sourceLine, column: this.sourceColumn };
  }

  /** Goes to the next segment or line. @returns false at the end. */
  next(): boolean {
    const code = this.#text.charCodeAt(this.offset);
    if (code === 0x3b) return this.#startLine(); // ;
    if (code === 0x2c) this.offset += 1; // ,
    return this.#readSegment();
  }

  #startLine(): boolean {
    this.offset += 1;
    this.line += 1;
    this.column = 0;
    this.size = 0;
    return true;
  }

  #readSegment(): boolean {
    this.size = 0;
    for (; this.size < 5 && this.#isDigit(); this.size++) {
      const delta = this.#readNumber();
      if (delta === undefined) return false;
      if (this.size === 0) this.column = (this.column + delta) | 0;
      else if (this.size === 1) this.source = (this.source + delta) | 0;
      else if (this.size === 2) this.sourceLine = (this.sourceLine + delta) | 0;
      else if (this.size === 3) this.sourceColumn = (this.sourceColumn + delta) | 0;
    }
    return this.size > 0 && !this.#isDigit();
  }

  #isDigit(): boolean {
    // beyond the table: undefined, which is no digit
    return VALUES[this.#text.charCodeAt(this.offset)]! >= 0;
  }

  #readNumber(): number | undefined {
    let value = 0;
    for (let shift = 0; shift <= MAX_SHIFT; shift += 5) {
      const digit = VALUES[this.#text.charCodeAt(this.offset)] ?? -1;
      if (digit < 0) return undefined;
      this.offset += 1;
      value |= (digit & 31) << shift;
      if (digit < 32) return value & 1 ? -(value >>> 1) : value >>> 1;
    }
    return undefined;
  }
}

function checkpointsOf(text: string): Int32Array {
  const cursor = new Cursor(text);
  const fields: number[] = [];
  for (let due = STRIDE; cursor.next();) {
    if (cursor.offset < due) continue;
    fields.push(...cursor.toFields());
    due = cursor.offset + STRIDE;
  }
  return Int32Array.from(fields);
}

/** The last checkpoint that is not behind a position. */
function checkpointBefore(checkpoints: Int32Array, line: number, column: number): Int32Array | undefined {
  let low = 0;
  let high = checkpoints.length / FIELDS;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle * FIELDS;
    const isBehind = checkpoints[at + 1]! > line || (checkpoints[at + 1] === line && checkpoints[at + 2]! > column);
    if (isBehind) high = middle;
    else low = middle + 1;
  }
  return low === 0 ? undefined : checkpoints.subarray((low - 1) * FIELDS, low * FIELDS);
}
