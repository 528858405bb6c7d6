import { setImmediate } from 'node:timers/promises';

import { SandglassError } from '@sandglass/core';

import { sha256 } from '../sha256.js';
import type { RewrittenSource } from './rewrite-for-of-yield.js';
import { decodeDataUrl, findSourceMapUrl } from './source-map-url.js';
import type { PositionMapper, StackMapper } from './source-map.js';
import { mayHoldForOfYield, mayHoldNul } from './needs-scan.js';

/**
 * Bytes of a source file, and characters of a source. The largest published ones have a few hundred
 * KiB.
 */
export const MAX_SOURCE_LENGTH: number = 4 * 1024 * 1024;
/** Each pass over a longer text begins in a turn of the event loop of its own. */
const LONG = 256 * 1024;

/** A source ready for the engine. */
export interface PreparedSource {
  code: string;
  /** SHA-256 of the source as the author shipped it, hex. */
  hash: string;
  mapStack: StackMapper;
  /** Notes on what was ignored: a source map that cannot be read. */
  notes: string[];
}

/**
 * Makes an extension's source ready for the engine: rewrites what QuickJS cannot compile, refuses
 * what it would misread, and finds the source map. Modules that few sources need, the parser above
 * all, are loaded for those.
 *
 * @param filename what guest stacks name the source.
 * @param sourceMap the map given with it, or the text of the file beside it; an inline one is found
 *   by itself.
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
  await turnFor(source);
  const hash = await sha256(source);
  const mapStack = await createMapper(source, filename, { sourceMap, rewritten, notes });
  return { code: rewritten?.code ?? source, hash, mapStack, notes };
}

/** Waits for the next turn of the event loop before a pass over a long text. */
async function turnFor(text: unknown): Promise<void> {
  if (typeof text === 'string' && text.length > LONG) await setImmediate();
}

/**
 * A text without the words that matter is not scanned.
 *
 * @throws {SandglassError} `E_LOAD` for a specifier with NUL: the engine's loader reads it as a C
 *   string, so that `directus:api\0x` would be taken for `directus:api`.
 */
async function rewrite(source: string): Promise<RewrittenSource | null> {
  if (!mayHoldNul(source) && !mayHoldForOfYield(source)) return null;
  const { scan } = await import('./scan-module.js');
  const { loops, nulSpecifier } = await scan(source);
  if (nulSpecifier !== undefined) {
    const shown = nulSpecifier.slice(0, 100).replaceAll('\0', '\\0');
    throw new SandglassError('E_LOAD', `Cannot import ${shown}: a specifier must not contain NUL`);
  }
  return loops.length > 0 ? (await import('./rewrite-for-of-yield.js')).rewriteForOfYield(source, loops) : null;
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
  await turnFor(source);
  const url = sourceMap === undefined ? findSourceMapUrl(source) : null;
  if (sourceMap === undefined && !url?.startsWith('data:') && !rewritten) return (stack) => stack;
  await turnFor(sourceMap ?? url);
  const { createStackMapper, MAX_SOURCE_MAP_LENGTH, parseSourceMap } = await import('./source-map.js');
  const read = (): PositionMapper | undefined => {
    try {
      const map = sourceMap ?? (url && decodeDataUrl(url, MAX_SOURCE_MAP_LENGTH));
      return map ? parseSourceMap(map, filename) : undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read';
      notes.push(`The source map is ignored: ${reason}`);
      return undefined;
    }
  };
  return createStackMapper(filename, rewritten?.toOriginal, read());
}
