import { isSandglassError, SandglassError } from '@sandglass/core';

import type { Caller } from './caller.js';
import type { Extension } from '../extensions/extension.js';
import type { OperationRegistry } from './operation-registry.js';
import type { CallOptions } from '../types.js';

/**
 * Runs an operation (docs/contract.md §5).
 *
 * @returns the result as it is after a way through JSON; `undefined` is null.
 * @throws {SandglassError} `E_NOT_FOUND` for an unknown id. When the extension threw a string of
 *   JSON, `cause` is what it holds.
 */
export async function runOperation(
  id: string,
  argument: unknown,
  call: CallOptions | undefined,
  { operations, caller }: { operations: Pick<OperationRegistry<Extension>, 'find'>; caller: Caller },
): Promise<unknown> {
  const found = operations.find(id);
  if (!found) throw new SandglassError('E_NOT_FOUND', `No operation "${id}" is loaded`);
  return runOperationOf(found, argument, call, caller);
}

/** Runs the operation behind a handler. */
export async function runOperationOf(
  { owner, handler }: { owner: Extension; handler: number },
  argument: unknown,
  call: CallOptions | undefined,
  caller: Caller,
): Promise<unknown> {
  try {
    return (await caller.call(owner, handler, argument, call)) ?? null;
  } catch (error) {
    throw isSandglassError(error) ? withParsedCause(error, owner.name) : error;
  }
}

function withParsedCause(error: SandglassError, name: string): SandglassError {
  const { code, message, callId, limit, extension = name } = error;
  let { cause } = error;
  if (code === 'E_GUEST' && typeof cause === 'string') cause = parse(cause);
  else if (error.extension !== undefined) return error;
  return new SandglassError(code, message, { extension, callId, limit, ...(cause === undefined ? {} : { cause }) });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
