/** A place in a file, counted from 1. */
export interface FramePosition {
  line: number;
  column: number;
}

/** Lines shown before and after the one that matters. */
const CONTEXT_LINES = 2;
/** A minified line is cut around the place. */
const MAX_WIDTH = 100;

/**
 * The lines of a source around a place, with a mark below it.
 *
 * @returns plain text, which holds the source as it is: make it harmless before it goes to a terminal. Empty if the source
 *   has no such line.
 */
export function formatCodeFrame(source: string, { line, column }: FramePosition): string[] {
  const lines = source.split('\n');
  if (line < 1 || line > lines.length) return [];
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const start = column > MAX_WIDTH - 20 ? column - MAX_WIDTH / 2 : 0;
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1]!.slice(start, start + MAX_WIDTH)
      .replaceAll('\t', ' ')
      .trimEnd();
    frame.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number === line && column > 0) frame.push(`  ${' '.repeat(width)} | ${' '.repeat(column - 1 - start)}^`);
  }
  return frame;
}

/** The first frame of a guest's stack that lies in a file of the extension. */
export function findFrame(stack: string, name: string): ({ file: string } & FramePosition) | undefined {
  for (const text of stack.split('\n')) {
    const [, path, line, column] = /(?:\(|at )([^()\s]+):(\d{1,9}):(\d{1,9})\)?$/.exec(text.trim()) ?? [];
    if (path === undefined || !path.startsWith(`${name}/`)) continue;
    return { file: path.slice(name.length + 1), line: Number(line), column: Number(column) };
  }
  return undefined;
}
