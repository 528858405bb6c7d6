/** A position in a file, counted from 1. */
export interface FramePosition {
  line: number;
  column: number;
}

/** Lines shown before and after the one that matters. */
const CONTEXT_LINES = 2;
/** A minified line is cut around the position; `…` stands for what is left out. */
const MAX_WIDTH = 100;
/** Lines of a stack that are looked at. */
const MAX_STACK_LINES = 100;

/**
 * The lines of a source around a position, with a mark below it. Only the lines that are shown are
 * taken out of the source.
 *
 * @returns plain text, which holds the source as it is: make it harmless before it goes to a
 *   terminal. Empty if the source has no such line.
 */
export function formatCodeFrame(source: string, { line, column }: FramePosition): string[] {
  const first = Math.max(1, line - CONTEXT_LINES);
  const lines = takeLines(source, first, line + CONTEXT_LINES);
  if (line < 1 || line >= first + lines.length) return [];
  const start = column > MAX_WIDTH - 20 ? column - MAX_WIDTH / 2 : 0;
  const width = String(first + lines.length - 1).length;
  return lines.flatMap((text, i) => {
    const number = first + i;
    const shown = `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${cut(text, start)}`.trimEnd();
    const mark = `  ${' '.repeat(width)} | ${' '.repeat(column - 1 - start)}^`;
    return number === line && column > 0 ? [shown, mark] : [shown];
  });
}

/** Lines by their numbers, as far as there are so many. */
function takeLines(source: string, first: number, last: number): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let number = 1; number <= last; number++) {
    const end = source.indexOf('\n', start);
    if (number >= first) lines.push(source.slice(start, end === -1 ? undefined : end));
    if (end === -1) break;
    start = end + 1;
  }
  return lines;
}

function cut(text: string, start: number): string {
  const shown = text.slice(start, start + MAX_WIDTH).replaceAll('\t', ' ');
  const before = start > 0 && shown !== '' ? `…${shown.slice(1)}` : shown;
  return text.length > start + MAX_WIDTH ? `${before}…` : before;
}

/**
 * The first frame of a guest's stack that lies in a file of the extension.
 *
 * @param name of the extension; empty while its package.json cannot be read, and is the file
 */
export function findFrame(stack: string, name: string): ({ file: string } & FramePosition) | undefined {
  const prefix = name === '' ? '' : `${name}/`;
  for (const text of stack.split('\n', MAX_STACK_LINES)) {
    const [, path, line, column] = /(?:\(|at )([^()\s]+):(\d{1,9}):(\d{1,9})\)?$/.exec(text.trim()) ?? [];
    if (path === undefined || !path.startsWith(prefix)) continue;
    return { file: path.slice(prefix.length), line: Number(line), column: Number(column) };
  }
  return undefined;
}
