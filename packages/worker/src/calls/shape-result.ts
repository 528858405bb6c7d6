import { isSandglassError, writeAnswer, writeResult, type ErrorWire, type ExtensionWire } from '@sandglass/core';

import type { Result } from './outcome.js';

/**
 * Converts a handler's result to the form in which the host passes it on: an endpoint's body to
 * JSON, an operation's result to what JSON keeps of it. A hook's result stays as it is.
 */
export function shapeResult(value: Uint8Array, { type, limits }: ExtensionWire): Result {
  if (type === 'hook') return value;
  try {
    return type === 'operation' ? writeResult(value, limits.maxResultBytes) : writeAnswer(value, limits.maxResultBytes);
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    const { code, message, limit } = error;
    return { code, message, ...(limit && { limit: limit as NonNullable<ErrorWire['limit']> }) };
  }
}
