import { decodeValue, encodeValue, SandglassError } from '@sandglass/core';

import type { Extension } from '../extensions/extension.js';
import { mapGuestStack } from '../extensions/map-error.js';
import type { Pool } from '../pool/contract.js';
import type { CallOptions } from '../types.js';

/** Runs handlers with plain values in and out. */
export interface Caller {
  /**
   * Runs one handler of an extension.
   *
   * @param argument copied, with the semantics of the structured clone algorithm.
   * @throws {SandglassError} what ended the call; the stack of what the guest threw is mapped to its author's files.
   */
  call(extension: Extension, handler: number, argument: unknown, options?: CallOptions): Promise<unknown>;
  /** The same with an argument of {@link encodeArgument}. */
  callEncoded(extension: Extension, handler: number, argument: Uint8Array, options?: CallOptions): Promise<unknown>;
}

/** A {@link Caller} over a pool. */
export function createCaller(pool: Pick<Pool, 'call'>): Caller {
  const callEncoded: Caller['callEncoded'] = async (extension, handler, argument, { signal, wallTimeMs } = {}) => {
    try {
      return decodeValue(await pool.call({ extension: extension.wire, handler, argument, signal, wallTimeMs }));
    } catch (error) {
      throw mapGuestStack(error, extension);
    }
  };
  return {
    callEncoded,
    call: async (extension, handler, argument, options) =>
      callEncoded(extension, handler, encodeArgument(extension, argument), options),
  };
}

/** @throws {SandglassError} `E_CLONE` or `E_QUOTA`: the value cannot be an argument. */
export function encodeArgument({ name, wire }: Extension, argument: unknown): Uint8Array {
  const bytes = encodeValue(argument);
  const { maxArgumentBytes } = wire.limits;
  if (bytes.byteLength <= maxArgumentBytes) return bytes;
  throw new SandglassError(
    'E_QUOTA',
    `Cannot call "${name}": the argument has ${bytes.byteLength} bytes, maxArgumentBytes is ${maxArgumentBytes}`,
    {
      extension: name,
      limit: { name: 'maxArgumentBytes', value: maxArgumentBytes, used: bytes.byteLength },
    },
  );
}
