/** Lines between two marks. */
const STRIDE = 256;

/**
 * Offset of one position in a text, line and column from 1. For many of them, see
 * {@link LineIndex}.
 *
 * @returns the length of the text for a line that it does not have.
 */
export function offsetIn(text: string, { line, column }: { line: number; column: number }): number {
  let start = 0;
  for (let i = 1; i < line; i++) {
    start = text.indexOf('\n', start) + 1;
    if (start === 0) return text.length;
  }
  return start + column - 1;
}

/**
 * Finds lines of a text. Kept small for texts of millions of lines: what lies between two marks is
 * counted each time.
 */
export class LineIndex {
  readonly #text: string;
  /** Offset of each `STRIDE`th line. */
  readonly #marks: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    let line = 0;
    for (let i = 0; i < text.length; i++) {
      if (text.charCodeAt(i) !== 0x0a) continue;
      line += 1;
      if (line % STRIDE === 0) this.#marks.push(i + 1);
    }
  }

  /** @param line from 1. @param column from 1. @returns at most the length of the text. */
  offsetOf(line: number, column: number): number {
    const mark = Math.min(Math.floor((line - 1) / STRIDE), this.#marks.length - 1);
    let offset = this.#marks[mark]!;
    for (let left = line - 1 - mark * STRIDE; left > 0; left--) {
      const end = this.#text.indexOf('\n', offset);
      if (end === -1) return this.#text.length;
      offset = end + 1;
    }
    return Math.min(offset + column - 1, this.#text.length);
  }

  /** Line and column of an offset, both from 1. */
  positionOf(offset: number): { line: number; column: number } {
    const mark = this.#marks.findLastIndex((start) => start <= offset);
    let line = mark * STRIDE + 1;
    let start = this.#marks[mark]!;
    for (let end = this.#text.indexOf('\n', start); end !== -1 && end < offset; end = this.#text.indexOf('\n', start)) {
      start = end + 1;
      line += 1;
    }
    return { line, column: offset - start + 1 };
  }
}
