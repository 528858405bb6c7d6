import { TraceMap } from '@jridgewell/trace-mapping';

import { Mappings } from './mappings.js';
import { parseJson } from './parse-json.js';

/**
 * Characters of a source map, those of the sources it holds included. Reading it takes up to 30 ms
 * of the host's thread (`pnpm bench --only loop-blocks-loading`); it is then looked up in its text,
 * so that an extension keeps no more than this.
 */
export const MAX_SOURCE_MAP_LENGTH: number = 6 * 1024 * 1024;
/** Values of its JSON: most are names. */
const MAX_VALUES = 100_000;
/** Characters of its mappings. The first look-up reads all of them. */
const MAX_MAPPINGS_LENGTH = 2 * 1024 * 1024;
const MAX_SECTIONS = 10_000;
/** Characters of the name of a source; a frame that leads to a longer one stays as it is. */
const MAX_SOURCE_NAME_LENGTH = 1_024;

/** Frames mapped of one stack; the rest stays as it is. The engine itself keeps fewer. */
const MAX_FRAMES = 100;

/** What follows the file in `    at name (file:line:column)`, as the engine writes it. */
const LINE_AND_COLUMN = /^:(\d{1,9}):(\d{1,9})\)$/;

/** Maps a guest's stack to where its author wrote the code. Text in, text out; never throws. */
export type StackMapper = (stack: string) => string;

/** A position in a file, as in a stack: line and column count from 1. */
export interface FilePosition {
  file: string;
  line: number;
  column: number;
}

/** Finds where the code at a position comes from. @returns undefined if that is not known. */
export type PositionMapper = (position: FilePosition) => FilePosition | undefined;

/** A part of the generated file that a plain map describes. Lines and columns count from 0. */
interface Section {
  line: number;
  column: number;
  mappings: Mappings;
  sources: readonly unknown[];
  sourceRoot: unknown;
}

/**
 * Reads a source map, whatever its form: JSON text or parsed, plain or with sections. The map is
 * hostile input: the time that it takes depends on the length of its text alone.
 *
 * @param filename what guest stacks name the bundle; the map's sources are resolved against it.
 * @throws {Error} if it is no source map, or a larger one than is read.
 */
export function parseSourceMap(map: string | object, filename: string): PositionMapper {
  const parsed =
    typeof map === 'string'
      ? parseJson(map, { maxLength: MAX_SOURCE_MAP_LENGTH, maxValues: MAX_VALUES })
      : (map as unknown);
  const sections = readSections(parsed);
  return ({ line, column }) => {
    const section = findSection(sections, line - 1, column - 1);
    if (!section) return undefined;
    const generatedLine = line - 1 - section.line;
    const found = section.mappings.find(generatedLine, column - 1 - (generatedLine === 0 ? section.column : 0));
    const source = found && section.sources[found.source];
    if (!found || typeof source !== 'string' || source.length > MAX_SOURCE_NAME_LENGTH) return undefined;
    const file = resolveSource(source, section.sourceRoot, filename);
    return { file, line: found.line + 1, column: found.column + 1 };
  };
}

/** The last section that does not begin behind a position. */
function findSection(sections: readonly Section[], line: number, column: number): Section | undefined {
  let low = 0;
  let high = sections.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const section = sections[middle]!;
    if (section.line < line || (section.line === line && section.column <= column)) low = middle + 1;
    else high = middle;
  }
  return sections[low - 1];
}

/** The plain maps of a map, in the order of what they describe. */
function readSections(map: unknown): Section[] {
  const found: Section[] = [];
  const pending = [{ map, line: 0, column: 0 }];
  let length = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (!isObject(next.map)) throw new TypeError('it is not an object');
    const { sections } = next.map;
    if (Array.isArray(sections)) {
      if (sections.length + pending.length + found.length > MAX_SECTIONS)
        throw new RangeError(`it has more than ${MAX_SECTIONS} sections`);
      for (const section of sections as unknown[]) pending.push(readOffset(section, next));
      continue;
    }
    const plain = readPlain(next.map);
    length += plain.length;
    if (length > MAX_MAPPINGS_LENGTH)
      throw new RangeError(`its mappings have more than ${MAX_MAPPINGS_LENGTH} characters`);
    found.push({ ...plain.section, line: next.line, column: next.column });
  }
  return found.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function readOffset(section: unknown, outer: { line: number; column: number }): typeof outer & { map: unknown } {
  const offset = isObject(section) ? section['offset'] : undefined;
  const { line, column } = isObject(offset) ? offset : {};
  if (!isIndex(line) || !isIndex(column)) throw new TypeError('the offset of a section is no position');
  return {
    map: (section as Record<string, unknown>)['map'], // it has an offset, so it is one
    line: outer.line + line,
    column: column + (line === 0 ? outer.column : 0),
  };
}

function readPlain(map: Record<string, unknown>): { section: Omit<Section, 'line' | 'column'>; length: number } {
  const { mappings, sources, sourceRoot } = map;
  if (typeof mappings !== 'string') throw new TypeError('its mappings are no text');
  if (!Array.isArray(sources)) throw new TypeError('its sources are no list');
  return { section: { mappings: new Mappings(mappings), sources, sourceRoot }, length: mappings.length };
}

/** Resolves the name of a source as a URL; the folder of the map is that of the bundle. */
function resolveSource(source: string, sourceRoot: unknown, filename: string): string {
  const root = typeof sourceRoot === 'string' && sourceRoot.length <= MAX_SOURCE_NAME_LENGTH ? { sourceRoot } : {};
  const map = new TraceMap({ version: 3, sources: [source], names: [], mappings: '', ...root }, filename);
  return map.resolvedSources[0] || filename;
}

/** A line or column of a generated file. */
function isIndex(value: unknown): value is number {
  // an integer is a number
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Makes the function that maps stacks of one extension: from the text that the engine ran to the
 * bundle, and from there to the author's files where a source map knows them.
 *
 * @param filename what guest stacks name the source; frames of anything else are left alone.
 * @param found from the text that ran to the author's; each goes on where the one before it led.
 */
export function createStackMapper(filename: string, ...found: readonly (PositionMapper | undefined)[]): StackMapper {
  const maps = found.filter((map) => map !== undefined);
  if (maps.length === 0) return (stack) => stack;
  return (stack) => {
    try {
      return mapStack(stack, filename, maps);
    } catch {
      return stack; // a map that can be read may still point nowhere
    }
  };
}

function mapStack(stack: string, filename: string, maps: readonly PositionMapper[]): string {
  const lines: string[] = [];
  let rest = 0;
  while (lines.length < MAX_FRAMES && rest <= stack.length) {
    const end = stack.indexOf('\n', rest);
    lines.push(mapLine(stack.slice(rest, end === -1 ? undefined : end), filename, maps));
    rest = end === -1 ? stack.length + 1 : end + 1;
  }
  if (rest <= stack.length) lines.push(stack.slice(rest));
  return lines.join('\n');
}

function mapLine(line: string, filename: string, maps: readonly PositionMapper[]): string {
  const start = line.lastIndexOf(' (') + 2; // a file name holds no parenthesis
  if (start === 1 || !line.startsWith(filename, start)) return line;
  const numbers = LINE_AND_COLUMN.exec(line.slice(start + filename.length));
  if (!numbers) return line;
  const position = trace({ file: filename, line: Number(numbers[1]), column: Number(numbers[2]) }, maps);
  return `${line.slice(0, start)}${position.file}:${position.line}:${position.column})`;
}

/** Goes through the maps as far as they lead. */
function trace(position: FilePosition, maps: readonly PositionMapper[]): FilePosition {
  for (const map of maps) if (position.line >= 1 && position.column >= 1) position = map(position) ?? position;
  return position;
}
