import { decodeInTurns, decodeValue, encodeValue, MAX_BYTES_AT_ONCE, SandglassError, Slab } from '@sandglass/core';

import type { Extension } from '../extensions/extension.js';
import { mapGuestStack } from '../extensions/map-error.js';
import type { CallRequest, Pool } from '../pool/contract.js';
import { observeCalls } from '../telemetry/observe-calls.js';
import type { Observers } from '../telemetry/observe.js';
import { ownTurn } from './read-body.js';
import type { CallOptions } from '../types.js';

/**
 * Parts that the result of a hook may have: each item of a list is one, each property four. The
 * host decodes it, and encodes it again for the next filter, in up to 50 ms.
 */
const MAX_PAYLOAD_PARTS = 131_072;

/** `onOutcome` is told the call's id when its outcome comes. */
export type RunOptions = CallOptions & Pick<CallRequest, 'onOutcome'>;

/** Runs handlers. */
export interface Caller {
  /**
   * Runs one handler of an extension.
   *
   * @param argument copied, with the semantics of the structured clone algorithm.
   * @returns what it returned, or what JSON leaves of that, of an operation.
   * @throws {SandglassError} what ended the call; the stack of what the guest threw is mapped to
   *   its author's files.
   */
  call(extension: Extension, handler: number, argument: unknown, options?: CallOptions): Promise<unknown>;
  /** Runs one handler with an encoded argument; resolves to its encoded result. */
  run(extension: Extension, handler: number, argument: Uint8Array, options?: RunOptions): Promise<Uint8Array>;
}

/** Arguments on their way to a thread, which gets copies. */
const slab = new Slab();

/** A {@link Caller} over a pool. @param observers told of each call that the pool was asked for. */
export function createCaller(
  pool: Pick<Pool, 'call' | 'holdResult'>,
  observers: Pick<Observers, 'onCall' | 'isWatched' | 'traces'>,
): Caller {
  const send = observeCalls(async (extension, request) => {
    try {
      return await pool.call(request);
    } catch (error) {
      throw mapGuestStack(error, extension);
    }
  }, observers);
  const run: Caller['run'] = async (extension, handler, argument, options = {}) => {
    const { signal, wallTimeMs, waitUntil, context, requestId, onOutcome } = options;
    assertShort(extension, argument);
    return send(extension, {
      extension: extension.wire,
      handler,
      argument,
      signal,
      wallTimeMs,
      waitUntil,
      context,
      requestId,
      onOutcome,
      trace: undefined, // so that who adds one to a copy makes no hidden class for each
    });
  };
  return {
    run,
    async call(extension, handler, argument, options) {
      const bytes = await run(extension, handler, encodeValue(argument, slab), options);
      if (extension.wire.type === 'hook') return decodeValue(bytes, MAX_PAYLOAD_PARTS);
      if (bytes.byteLength <= MAX_BYTES_AT_ONCE) return decodeValue(bytes);
      pool.holdResult(bytes.byteLength);
      try {
        return await decodeInTurns(bytes, ownTurn);
      } finally {
        pool.holdResult(-bytes.byteLength);
      }
    },
  };
}

/** @throws {SandglassError} `E_QUOTA` for an argument beyond `maxArgumentBytes`. */
export function assertShort({ name, wire }: Extension, { byteLength }: Uint8Array): void {
  const { maxArgumentBytes } = wire.limits;
  if (byteLength <= maxArgumentBytes) return;
  throw new SandglassError(
    'E_QUOTA',
    `Cannot call "${name}": the argument has ${byteLength} bytes, maxArgumentBytes is ${maxArgumentBytes}`,
    {
      extension: name,
      limit: { name: 'maxArgumentBytes', value: maxArgumentBytes, used: byteLength },
    },
  );
}
