import { FlattenMap, TraceMap, decodedMappings, originalPositionFor } from '@jridgewell/trace-mapping';

import type { DecodedSourceMap } from './rewrite-for-of-yield.js';

/** Frames mapped of one stack; the rest stays as it is. The engine itself keeps fewer. */
const MAX_FRAMES = 100;

/** What follows the file in `    at name (file:line:column)`, as the engine writes it. */
const LINE_AND_COLUMN = /^:(\d{1,9}):(\d{1,9})\)$/;

/** Maps a guest's stack to where its author wrote the code. Text in, text out; never throws. */
export type StackMapper = (stack: string) => string;

/**
 * Reads a source map, whatever its form: JSON text or parsed, plain or with sections of `mappings` each.
 *
 * @param filename what guest stacks name the bundle; the map's sources are resolved against it.
 * @throws {Error} if it is no source map.
 */
export function parseSourceMap(map: string | object, filename: string): TraceMap {
  const parsed = new FlattenMap(map as string, filename); // the type wants a known shape: it is checked by use
  decodedMappings(parsed);
  return parsed;
}

/**
 * Makes the function that maps stacks of one extension: from the text that the engine ran to the bundle, and from there
 * to the author's files where a source map knows them.
 *
 * @param filename what guest stacks name the source; frames of anything else are left alone.
 * @param rewritten map of the rewrite, if there was one.
 * @param original the bundle's own source map, if it has one.
 */
export function createStackMapper(
  filename: string,
  rewritten?: () => DecodedSourceMap,
  original?: TraceMap,
): StackMapper {
  if (!rewritten && !original) return (stack) => stack;
  let rewriteMap: TraceMap | undefined;
  return (stack) => {
    try {
      rewriteMap ??= rewritten && new TraceMap(rewritten() as ConstructorParameters<typeof TraceMap>[0]);
      return mapStack(stack, filename, [rewriteMap, original]);
    } catch {
      return stack; // a map that decodes may still point nowhere
    }
  };
}

function mapStack(stack: string, filename: string, maps: readonly (TraceMap | undefined)[]): string {
  const lines = stack.split('\n');
  for (let i = 0; i < Math.min(lines.length, MAX_FRAMES); i++) {
    const line = lines[i]!;
    const start = line.lastIndexOf(' (') + 2; // a file name holds no parenthesis
    if (start === 1 || !line.startsWith(filename, start)) continue;
    const numbers = LINE_AND_COLUMN.exec(line.slice(start + filename.length));
    if (!numbers) continue;
    const position = trace({ file: filename, line: Number(numbers[1]), column: Number(numbers[2]) }, maps);
    lines[i] = `${line.slice(0, start)}${position.file}:${position.line}:${position.column})`;
  }
  return lines.join('\n');
}

/** Line and column count from 1, as in a stack. */
interface Position {
  file: string;
  line: number;
  column: number;
}

/** Goes through the maps as far as they lead. */
function trace(position: Position, maps: readonly (TraceMap | undefined)[]): Position {
  for (const map of maps) {
    if (!map || position.line < 1 || position.column < 1) continue;
    const found = originalPositionFor(map, { line: position.line, column: position.column - 1 });
    if (typeof found.source !== 'string') continue; // a broken map has lines of no source
    position = { file: found.source || position.file, line: found.line, column: found.column + 1 };
  }
  return position;
}
