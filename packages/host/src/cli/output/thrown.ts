import type { SandglassError } from '@sandglass/core';

import { formatForTerminal } from '../../capabilities/log/terminal.js';

/** Frames that are shown: of an endless recursion, there are hundreds. */
const MAX_FRAMES = 20;

/**
 * The stack of what a guest threw, line by line, safe to print; empty if there is none, or if it is
 * the host's own.
 */
export function formatThrown({ cause }: Pick<SandglassError, 'cause'>): string {
  const lines = (guestStack(cause) ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => `${formatForTerminal(line)}\n`).join('');
}

/**
 * The stack of what a guest threw, or of a description of it. Such a stack is frames alone; the
 * host's own begins with the message.
 */
export function guestStack(thrown: unknown): string | undefined {
  const { stack }: { stack?: unknown } = typeof thrown === 'object' ? (thrown ?? {}) : {};
  if (typeof stack !== 'string' || !/^\s*at /.test(stack)) return undefined;
  const frames = stack.trimEnd().split('\n');
  const more = frames.length - MAX_FRAMES;
  return [...frames.slice(0, MAX_FRAMES), ...(more > 0 ? [`    and ${more} more`] : [])].join('\n');
}
