import { createHash } from 'node:crypto';

import { SandglassError } from '@sandglass/core';

import { assertPlainSpecifiers, mayHoldNul } from './check-specifiers.js';
import { mayHoldForOfYield, rewriteForOfYield } from './rewrite-for-of-yield.js';
import { createStackMapper, decodeDataUrl, findSourceMapUrl, parseSourceMap, type StackMapper } from './source-map.js';
import { parseModule } from './syntax.js';

/** A bundle is read, parsed and hashed on the host's thread; the largest published ones have a few hundred KiB. */
export const MAX_SOURCE_LENGTH: number = 8 * 1024 * 1024;

/** A source ready for the engine. */
export interface PreparedSource {
  code: string;
  /** SHA-256 of the source as the author shipped it, hex. */
  hash: string;
  mapStack: StackMapper;
  /** What was ignored: a source map that cannot be read. */
  notes: string[];
}

/**
 * Makes an extension's source ready for the engine: rewrites what QuickJS cannot compile, refuses what it would
 * misread, and finds the source map. A text without the words that matter is never parsed here.
 *
 * @param filename what guest stacks name the source.
 * @param sourceMap the map given with it, or the text of the file beside it; an inline one is found by itself.
 * @throws {SandglassError} `E_LOAD` if the source is too long or imports a specifier with NUL.
 */
export function prepareSource(source: string, filename: string, sourceMap?: string | object): PreparedSource {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new SandglassError(
      'E_LOAD',
      `The source is too long: ${source.length} characters, at most ${MAX_SOURCE_LENGTH} are read`,
    );
  }
  const nul = mayHoldNul(source);
  const loop = mayHoldForOfYield(source);
  const program = nul || loop ? parseModule(source) : null;
  if (program && nul) assertPlainSpecifiers(program);
  const rewritten = program && loop ? rewriteForOfYield(source, program) : null;
  const notes: string[] = [];
  const original = readSourceMap(source, filename, sourceMap, notes);
  return {
    code: rewritten?.code ?? source,
    hash: createHash('sha256').update(source).digest('hex'),
    mapStack: createStackMapper(filename, rewritten ? () => rewritten.toSourceMap() : undefined, original),
    notes,
  };
}

function readSourceMap(
  source: string,
  filename: string,
  given: string | object | undefined,
  notes: string[],
): ReturnType<typeof parseSourceMap> | undefined {
  try {
    const url = given === undefined ? findSourceMapUrl(source) : null;
    const map = given ?? (url && decodeDataUrl(url));
    return map ? parseSourceMap(map, filename) : undefined;
  } catch (error) {
    notes.push(
      `The source map is ignored: ${error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read'}`,
    );
    return undefined;
  }
}
