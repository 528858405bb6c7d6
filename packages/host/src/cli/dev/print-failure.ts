import { findFrame } from '../../authoring/code-frame.js';
import { errorText, findSandglassError } from '../../extensions/error-text.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import type { Output } from '../io.js';
import { readCodeFrame } from '../output/read-code-frame.js';
import type { Style } from '../output/style.js';
import { formatThrown } from '../output/thrown.js';

/**
 * Prints why an extension failed: the message, the code where it happened, and the stack in the
 * author's files.
 *
 * @param title of the request, shown beside the message. @default none
 */
export async function printFailure(
  error: unknown,
  folder: string | undefined,
  { output, style, title }: { output: Output; style: Style; title?: string | undefined },
): Promise<void> {
  const source = findSandglassError(error);
  const message = source ? errorText(source) : error instanceof Error ? error.message : String(error);
  const beside = title === undefined ? '' : ` ${style('gray', `(${formatForTerminal(title)})`)}`;
  const lines = [`${style('red', source?.code ?? 'Error')} ${formatForTerminal(message)}${beside}`];
  if (source?.cause instanceof Error) {
    const frame = findFrame(source.cause.stack ?? '', source.extension ?? '');
    if (folder !== undefined && frame) lines.push(...(await readCodeFrame(folder, frame, style)));
    lines.push(style('gray', formatThrown(source).trimEnd()));
  }
  output.write(`${lines.filter((line) => line !== '').join('\n')}\n`);
}
