import type { SandglassError } from '@sandglass/core';

import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { guestStack } from '../../extensions/error-text.js';

/**
 * The stack of what a guest threw, line by line, safe to print; empty if there is none, or if it is
 * the host's own.
 */
export function formatThrown({ cause }: Pick<SandglassError, 'cause'>): string {
  const lines = (guestStack(cause) ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => `${formatForTerminal(line)}\n`).join('');
}
