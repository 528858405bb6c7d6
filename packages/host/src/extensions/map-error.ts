import { SandglassError } from '@sandglass/core';

import type { Extension } from './extension.js';

/** Maps the stack of what a guest threw to its author's files, in place, and returns the error. */
export function mapGuestStack(error: unknown, { mapStack }: Pick<Extension, 'mapStack'>): unknown {
  const cause = error instanceof SandglassError ? error.cause : undefined;
  if (cause instanceof Error && typeof cause.stack === 'string') {
    Object.defineProperty(cause, 'stack', { value: mapStack(cause.stack), writable: true, configurable: true });
  }
  return error;
}

/** The error of an extension that did not load: what went wrong, with the extension's name in front. */
export function toLoadError(error: unknown, extension: Pick<Extension, 'mapStack' | 'name'>): unknown {
  if (!(mapGuestStack(error, extension) instanceof SandglassError)) return error;
  const { code, message, cause, limit } = error as SandglassError; // the line before has checked it
  const { name } = extension;
  return new SandglassError(code, `Cannot load "${name}": ${message}`, {
    extension: name,
    limit,
    ...(cause === undefined ? {} : { cause }),
  });
}
