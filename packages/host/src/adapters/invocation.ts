import { check, isSandglassError } from '@sandglass/core';
import * as z from 'zod/mini';

import type { CallOptions } from '../types.js';
import type { AdapterHost, Invocation } from './contract.js';

const invocationSchema = z.union([
  z.strictObject({ operation: z.string(), options: z.optional(z.unknown()) }),
  z.strictObject({ filter: z.string(), payload: z.optional(z.unknown()) }),
  z.strictObject({ action: z.string(), meta: z.optional(z.record(z.string(), z.unknown())) }),
]);

/**
 * Reads an invocation that came from outside.
 *
 * @throws {TypeError} it is none.
 */
export function parseInvocation(value: unknown): Invocation {
  const { data, success } = check(invocationSchema, value);
  if (success) return data;
  throw new TypeError(
    'Cannot invoke: the event has to be { operation, options }, { filter, payload } or { action, meta }',
  );
}

/**
 * Runs an invocation.
 *
 * @returns the operation's result or the filtered payload; null for actions, whose failures go to
 *   the host's `onError`.
 */
export async function invoke(host: AdapterHost, invocation: Invocation, call: CallOptions): Promise<unknown> {
  try {
    if ('operation' in invocation) return await host.operation(invocation.operation, invocation.options ?? {}, call);
    if ('filter' in invocation) return await host.filter(invocation.filter, invocation.payload, call);
    await host.action(invocation.action, invocation.meta ?? {}, call);
    return null;
  } catch (error) {
    throw toPlatformError(error);
  }
}

/**
 * Platforms show an error's `name` and `message`, and let retries be chosen by the name: the code
 * takes its place.
 */
function toPlatformError(error: unknown): unknown {
  if (!isSandglassError(error)) return error;
  const shown = new Error(error.message, { cause: error });
  shown.name = error.code;
  return shown;
}
