import { resolve } from 'node:path';

import { isSandglassError } from '@sandglass/core';

import { errorText } from '../extensions/error-text.js';

/** Frames of the test that are kept. */
const MAX_FRAMES = 10;

/** Where a failure of an extension is shown. */
export interface FailureContext {
  /** Name of the extension, as guest stacks have it. */
  name: string;
  /** Its folder; without one, its files are nowhere. */
  folder: string | undefined;
  /** Requests that no interceptor answered. */
  unmatched: readonly string[];
  /** Stack of the call that the test made. */
  callStack: string;
}

/**
 * Makes the stack of a failure one that a test runner can show: the frames of the guest, in files
 * that exist, and then those of the test. The host's own frames say nothing to an author. The
 * message names requests that no interceptor answered.
 */
export function rewriteStack(error: unknown, { name, folder, unmatched, callStack }: FailureContext): unknown {
  if (!isSandglassError(error)) return error;
  const { cause } = error;
  const frames = cause instanceof Error && /^\s*at /.test(cause.stack ?? '') ? cause.stack!.trimEnd() : '';
  const guest = folder === undefined ? frames : frames.replaceAll(`(${name}/`, `(${resolve(folder)}/`);
  const missing = unmatched.length === 0 ? '' : ` (no interceptor for ${unmatched.join(', ')})`;
  if (!error.message.endsWith(missing)) error.message += missing;
  const own = [...guest.split('\n'), ...callStack.split('\n').slice(1, MAX_FRAMES + 1)].filter((line) => line !== '');
  setStack(error, `${error.name}: ${errorText(error)}\n${own.join('\n')}`);
  if (cause instanceof Error && guest !== '') setStack(cause, `${cause.name}: ${cause.message}\n${guest}`);
  return error;
}

function setStack(error: Error, stack: string): void {
  Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true });
}
