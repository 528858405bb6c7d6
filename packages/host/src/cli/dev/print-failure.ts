import { isSandglassError } from '@sandglass/core';

import { findFrame, formatCodeFrame } from '../../authoring/code-frame.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { readInside } from '../../extensions/read-inside.js';
import type { Output } from '../io.js';
import type { Style } from '../output/style.js';
import { formatThrown } from '../output/thrown.js';

/** Longest file that a code frame is cut from. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** Prints why an extension failed: the message, the code where it happened, and the stack in the author's files. */
export async function printFailure(
  error: unknown,
  folder: string | undefined,
  { output, style }: { output: Output; style: Style },
): Promise<void> {
  const source = isSandglassError(error)
    ? error
    : error instanceof Error && isSandglassError(error.cause)
      ? error.cause
      : undefined;
  const message = source?.message ?? (error instanceof Error ? error.message : String(error));
  const lines = [`${style('red', source?.code ?? 'Error')} ${formatForTerminal(message)}`];
  if (source?.cause instanceof Error) {
    if (folder !== undefined)
      lines.push(
        ...(await readFrame(source.cause.stack ?? '', source.extension ?? '', folder)).map((line) =>
          colour(line, style),
        ),
      );
    lines.push(style('gray', formatThrown(source).trimEnd()));
  }
  output.write(`${lines.filter((line) => line !== '').join('\n')}\n`);
}

async function readFrame(stack: string, name: string, folder: string): Promise<string[]> {
  const frame = findFrame(stack, name);
  const text = frame && (await readInside(folder, frame.file, MAX_FILE_BYTES).catch(() => undefined));
  return text === undefined ? [] : formatCodeFrame(text, frame!);
}

function colour(line: string, style: Style): string {
  const safe = formatForTerminal(line);
  return line.startsWith('>') || line.endsWith('^') ? style('yellow', safe) : safe;
}
