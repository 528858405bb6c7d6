import { SandglassError } from '@sandglass/core';

import { sha256 } from '../sha256.js';
import type { RewrittenSource } from './rewrite-for-of-yield.js';
import { decodeDataUrl, findSourceMapUrl } from './source-map-url.js';
import type { StackMapper } from './source-map.js';
import { mayHoldForOfYield, mayHoldNul } from './needs-parsing.js';

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
 * misread, and finds the source map. What only few sources need, the parser above all, is loaded for those.
 *
 * @param filename what guest stacks name the source.
 * @param sourceMap the map given with it, or the text of the file beside it; an inline one is found by itself.
 * @throws {SandglassError} `E_LOAD` if the source is too long or imports a specifier with NUL.
 */
export async function prepareSource(
  source: string,
  filename: string,
  sourceMap?: string | object,
): Promise<PreparedSource> {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new SandglassError(
      'E_LOAD',
      `The source is too long: ${source.length} characters, at most ${MAX_SOURCE_LENGTH} are read`,
    );
  }
  const rewritten = await rewrite(source);
  const notes: string[] = [];
  return {
    code: rewritten?.code ?? source,
    hash: await sha256(source),
    mapStack: await createMapper(source, filename, { sourceMap, rewritten, notes }),
    notes,
  };
}

/** A text without the words that matter is never parsed here. */
async function rewrite(source: string): Promise<RewrittenSource | null> {
  const nul = mayHoldNul(source);
  const loop = mayHoldForOfYield(source);
  if (!nul && !loop) return null;
  const { parseModule } = await import('./syntax.js');
  const program = parseModule(source);
  if (!program) return null;
  if (nul) (await import('./check-specifiers.js')).assertPlainSpecifiers(program);
  return loop ? (await import('./rewrite-for-of-yield.js')).rewriteForOfYield(source, program) : null;
}

async function createMapper(
  source: string,
  filename: string,
  {
    sourceMap,
    rewritten,
    notes,
  }: { sourceMap: string | object | undefined; rewritten: RewrittenSource | null; notes: string[] },
): Promise<StackMapper> {
  const url = sourceMap === undefined ? findSourceMapUrl(source) : null;
  if (sourceMap === undefined && !url?.startsWith('data:') && !rewritten) return (stack) => stack;
  const { createStackMapper, parseSourceMap } = await import('./source-map.js');
  const read = (): ReturnType<typeof parseSourceMap> | undefined => {
    try {
      const map = sourceMap ?? (url && decodeDataUrl(url));
      return map ? parseSourceMap(map, filename) : undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read';
      notes.push(`The source map is ignored: ${reason}`);
      return undefined;
    }
  };
  return createStackMapper(filename, rewritten ? () => rewritten.toSourceMap() : undefined, read());
}
