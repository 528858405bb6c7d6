import { formatCodeFrame } from '../../authoring/code-frame.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { MAX_SOURCE_LENGTH } from '../../extensions/prepare-source.js';
import { readInside } from '../../extensions/read-inside.js';
import type { Style } from './style.js';

/**
 * The code around a position in a file of an extension, line by line, safe to print.
 *
 * @returns empty if there is no position, or no such file.
 */
export async function readCodeFrame(
  folder: string,
  { file, line, column }: { file?: string; line?: number; column?: number },
  style: Style,
): Promise<string[]> {
  if (file === undefined || line === undefined || column === undefined) return [];
  const text = await readInside(folder, file, MAX_SOURCE_LENGTH).catch(() => undefined);
  if (text === undefined) return [];
  return formatCodeFrame(text, { line, column }).map((shown) => {
    const safe = formatForTerminal(shown);
    return shown.startsWith('>') || shown.endsWith('^') ? style('yellow', safe) : safe;
  });
}
