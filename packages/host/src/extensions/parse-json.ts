/** What a JSON text of an extension may hold. */
export interface JsonBounds {
  /** Characters. */
  maxLength: number;
  /** Values, those inside of others too; a property counts as two, an object as three more. */
  maxValues: number;
}

/**
 * Parses JSON that an extension brings. The text is measured first: a parser takes up to 0.3 µs a
 * byte for text that is all brackets, and next to nothing for text that is mostly strings.
 *
 * @throws {SyntaxError} if it is not JSON.
 * @throws {RangeError} naming the bound that it passes.
 */
export function parseJson(text: string, { maxLength, maxValues }: JsonBounds): unknown {
  if (text.length > maxLength) throw new RangeError(`it has ${text.length} characters, at most ${maxLength} are read`);
  if (countValues(text, maxValues) > maxValues) throw new RangeError(`it has more than ${maxValues} values`);
  return JSON.parse(text);
}

/**
 * Counts by the punctuation outside of strings, as each value but the first follows one. Stops
 * beyond `enough`.
 */
function countValues(text: string, enough: number): number {
  let count = 1;
  for (let i = 0; i < text.length && count <= enough; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(text, i);
        break;
      case 0x7b: // {
        count += 3;
        break;
      case 0x2c: // ,
      case 0x3a: // :
      case 0x5b: // [
        count += 1;
    }
  }
  return count;
}

function endOfString(text: string, start: number): number {
  let end = start + 1;
  for (let code = text.charCodeAt(end); code !== 0x22 && end < text.length; code = text.charCodeAt(end)) {
    end += code === 0x5c ? 2 : 1; // a backslash takes the next character along
  }
  return end;
}
