import * as z from 'zod/mini';

import type { CallOptions } from '../types.js';
import { checkOptions } from './check-options.js';
import { anyObject, callback, type Fields, isObject, maybe, object, withMethods } from './fields.js';

/** Greatest `wallTimeMs`, as of {@link Limits}. */
export const MAX_WALL_TIME_MS = 900_000;

/** Greatest length of an id of a request. */
const MAX_REQUEST_ID_LENGTH = 128;

const fields: Fields<CallOptions> = {
  signal: maybe(withMethods(['addEventListener', 'throwIfAborted'], 'an AbortSignal')),
  wallTimeMs: maybe(z.number().check(z.minimum(1), z.maximum(MAX_WALL_TIME_MS))),
  waitUntil: maybe(callback()),
  context: maybe(anyObject),
  requestId: maybe(z.string().check(z.minLength(1), z.maxLength(MAX_REQUEST_ID_LENGTH))),
};
const schema: z.ZodMiniType<CallOptions> = object(fields);
const namesSchema: z.ZodMiniType<string[] | undefined> = maybe(z.array(z.string()));

/**
 * Checks what a call is given beside its argument. What is right costs a few comparisons, and only
 * what is wrong a parse.
 *
 * @param key `id` or `event`, whose value has to be a text.
 * @throws {TypeError}
 */
export function checkCall(call: CallOptions | undefined, key: string, value: unknown): void {
  if (typeof value !== 'string') checkOptions('argument of a call', z.string(), value, key);
  if (call !== undefined && !isRight(call)) checkOptions('options of a call', schema, call);
}

/** Checks whose statistics are wanted. @throws {TypeError} */
export function checkNames(names: unknown): void {
  checkOptions('argument of host.stats', namesSchema, names, 'names');
}

function isRight(call: CallOptions): boolean {
  if (typeof call !== 'object' || call === null || Array.isArray(call)) return false;
  for (const key in call) if (!Object.hasOwn(fields, key)) return false;
  const { signal, wallTimeMs, waitUntil, context, requestId } = call;
  if (requestId !== undefined && !isRequestId(requestId)) return false;
  if (context !== undefined && !isObject(context)) return false;
  if (waitUntil !== undefined && typeof waitUntil !== 'function') return false;
  const isSignal = signal === undefined || typeof signal?.throwIfAborted === 'function';
  return isSignal && (wallTimeMs === undefined || isWallTime(wallTimeMs));
}

function isRequestId(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_REQUEST_ID_LENGTH;
}

function isWallTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 1 && value <= MAX_WALL_TIME_MS;
}
