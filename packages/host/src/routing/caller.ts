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
}

/** A {@link Caller} over a pool. */
export function createCaller(pool: Pick<Pool, 'call'>): Caller {
  return {
    async call(extension, handler, argument, { signal, wallTimeMs } = {}) {
      const bytes = encodeArgument(extension, argument);
      try {
        return decodeValue(
          await pool.call({ extension: extension.wire, handler, argument: bytes, signal, wallTimeMs }),
        );
      } catch (error) {
        throw mapGuestStack(error, extension);
      }
    },
  };
}

function encodeArgument({ name, wire }: Extension, argument: unknown): Uint8Array {
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
