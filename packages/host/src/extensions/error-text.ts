import { isSandglassError, type SandglassError } from '@sandglass/core';

/** Characters of the name of a class that are shown. */
const MAX_NAME_LENGTH = 100;
/** Frames that are shown. A stack of endless recursion has hundreds. */
const MAX_FRAMES = 20;

/**
 * The message of an error as it is printed: what a guest threw has its class in front, as in
 * `TypeError: x is not a function`, what the host found has not.
 *
 * @returns text of a guest: make it harmless before it goes to a terminal.
 */
export function errorText(error: Error): string {
  return isSandglassError(error) && !isSandglassError(error.cause)
    ? withClass(error.message, error.cause)
    : error.message;
}

/**
 * {@link errorText} of a message and of what was thrown, which may be a plain description of an
 * error.
 */
export function withClass(message: string, thrown: unknown): string {
  const error: { name?: unknown; message?: unknown } = typeof thrown === 'object' ? (thrown ?? {}) : {};
  const { name, message: text } = error;
  if (typeof text !== 'string' || typeof name !== 'string' || name === 'Error' || name === '') return message;
  if (message !== text && !message.endsWith(`": ${text}`)) return message;
  const start = message.length - text.length; // behind `Cannot load "x": `
  return `${message.slice(0, start)}${name.slice(0, MAX_NAME_LENGTH)}: ${text}`;
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

/** The SandglassError that an error is, or that caused it. */
export function findSandglassError(error: unknown): SandglassError | undefined {
  if (isSandglassError(error)) return error;
  return error instanceof Error && isSandglassError(error.cause) ? error.cause : undefined;
}
