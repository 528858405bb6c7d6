import type { SandglassError } from '@sandglass/core';

import { formatForTerminal } from '../../capabilities/log/terminal.js';

/** The stack of what a guest threw, line by line, safe to print; empty if there is none, or if it is the host's own. */
export function formatThrown({ cause }: Pick<SandglassError, 'cause'>): string {
  const stack = cause instanceof Error && isGuestStack(cause.stack) ? cause.stack : '';
  const lines = stack.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => `${formatForTerminal(line)}\n`).join('');
}

/** A guest's stack is frames alone; the host's begins with the message. */
function isGuestStack(stack: string | undefined): stack is string {
  return stack !== undefined && /^\s*at /.test(stack);
}
