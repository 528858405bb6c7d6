import { Lexer } from './lexer.js';
import { offsetIn } from './line-index.js';

/** A position in a source: line and column count from 1. */
interface Position {
  line: number;
  column: number;
}

/** Characters behind the position that are looked through. */
const MAX_LENGTH = 10_000;
const LOOPS: ReadonlySet<string> = new Set(['for', 'while', 'do']);

/**
 * Finds the loop that was running, where the engine names the position before it: it polls as a
 * loop jumps back to its head, and knows the position only of calls and the like. That is the first
 * loop behind the position that begins before the block around it ends.
 *
 * @returns undefined if there is none: then the position lies in the loop itself.
 */
export function findLoop(source: string, position: Position): Position | undefined {
  const from = offsetIn(source, position);
  const text = source.slice(from, from + MAX_LENGTH);
  const lexer = new Lexer(text);
  let depth = 0;
  for (let before = ''; ; before = lexer.text) {
    lexer.next(before === '(' || before === '=' || before === ',');
    if (lexer.type === 'end') return undefined;
    if (lexer.type === 'word' && LOOPS.has(lexer.text) && before !== '.') return moved(position, text, lexer.start);
    if (lexer.text === '{' || lexer.text === '${') depth += 1;
    else if (lexer.text === '}' && --depth < 0) return undefined;
  }
}

function moved({ line, column }: Position, text: string, offset: number): Position {
  const lines = text.slice(0, offset).split('\n');
  const { length } = lines.at(-1)!; // a text has one
  return lines.length === 1 ? { line, column: column + offset } : { line: line + lines.length - 1, column: length + 1 };
}
