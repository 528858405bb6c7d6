import { LineIndex } from './line-index.js';

/** One token of JSON, or what stands where one should. */
const TOKEN =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/y; // oxlint-disable-line no-control-regex -- a string holds none

/**
 * Finds where a text stops to be JSON: V8's messages have no position for some mistakes.
 *
 * @returns line and column from 1.
 */
export function findJsonError(text: string): { line: number; column: number } {
  return new LineIndex(text).positionOf(indexOfError(text));
}

/** What is wrong with a text that is not JSON, in V8's words without its position. */
export function jsonReason({ message }: Error): string {
  return message.replace(/ (?:in JSON )?at position \d+.*$/, '').replace(/, (?:\.{3}|")[^]*$/, '');
}

function indexOfError(text: string): number {
  const open: string[] = [];
  let expects: 'value' | 'key' | 'colon' | 'next' = 'value';
  let isEmpty = false; // whether the last token opened an array or object
  for (TOKEN.lastIndex = 0; ;) {
    const from = TOKEN.lastIndex;
    const [, mark, scalar] = TOKEN.exec(text) ?? [];
    const at = from + (/^[\t\n\r ]*/.exec(text.slice(from, from + 1_000))?.[0].length ?? 0);
    const top = open.at(-1);
    if (scalar !== undefined && (expects === 'value' || (expects === 'key' && scalar.startsWith('"')))) {
      expects = expects === 'key' ? 'colon' : 'next';
    } else if (mark === ':' && expects === 'colon') expects = 'value';
    else if (mark === ',' && expects === 'next' && top !== undefined) expects = top === '{' ? 'key' : 'value';
    else if ((mark === '{' || mark === '[') && expects === 'value') {
      open.push(mark);
      expects = mark === '{' ? 'key' : 'value';
      isEmpty = true;
      continue;
    } else if (mark !== undefined && mark === (top === '{' ? '}' : ']') && top && (isEmpty || expects === 'next')) {
      open.pop();
      expects = 'next';
    } else return Math.min(at, text.length);
    isEmpty = false;
  }
}
