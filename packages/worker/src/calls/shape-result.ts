import { isSandglassError, writeAnswer, writeResult, type ErrorWire } from '@sandglass/core';

import type { Call } from './call.js';
import type { Result } from './outcome.js';

/** A result of fewer values than those after which the time is looked at: it takes no time. */
const SHORT_BYTES = 1_024;

/**
 * Converts a handler's result to the form in which the host passes it on: an endpoint's body to
 * JSON, an operation's result to what JSON keeps of it. A hook's result and an error stay as they
 * are.
 */
export function shapeResult(result: Result, call: Call): Result {
  if (!(result instanceof Uint8Array) || call.extension.type === 'hook') return result;
  return result.length > SHORT_BYTES ? call.work(() => shape(result, call)) : shape(result, call);
}

function shape(value: Uint8Array, call: Call): Result {
  const { type, limits } = call.extension;
  const write = type === 'operation' ? writeResult : writeAnswer;
  try {
    return write(value, limits.maxResultBytes, () => call.mustStop());
  } catch (error) {
    if (call.stopped) return call.stopped;
    if (!isSandglassError(error)) throw error;
    const { code, message, limit } = error;
    return { code, message, ...(limit && { limit: limit as NonNullable<ErrorWire['limit']> }) };
  }
}
