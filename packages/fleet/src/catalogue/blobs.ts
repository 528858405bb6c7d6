import { createHash } from 'node:crypto';

import { SandglassError } from '@sandglass/core';
import type { ObjectStore } from '@nats-io/obj';

import { openObjects } from '../connection/buckets.js';
import { ask, type Transport } from '../connection/transport.js';

/** Bytes in the object store under their SHA-256, hex: writers of the store are not trusted. */
export class Blobs {
  readonly #objects: ObjectStore;

  private constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** @throws {SandglassError} `E_FLEET` or `E_FLEET_DENIED`. */
  static async open(transport: Transport): Promise<Blobs> {
    return new Blobs(await openObjects(transport, 'bundles'));
  }

  /** Stores bytes, unless they are there. @returns their hash. */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    await ask(`Cannot store ${hash}`, async () => {
      const known = await this.#objects.info(hash);
      const digest = `SHA-256=${Buffer.from(hash, 'hex').toString('base64url')}`;
      if (known && !known.deleted && known.digest.replace(/=+$/, '') === digest) return;
      await this.#objects.putBlob({ name: hash }, bytes);
    });
    return hash;
  }

  /**
   * @param what the bytes are, for errors.
   * @throws {SandglassError} `E_NOT_FOUND` if they are gone, `E_LOAD` if they are not of that hash.
   */
  get(hash: string, { what, maxBytes }: { what: string; maxBytes: number }): Promise<Uint8Array> {
    const changed = (how: string, cause?: Error): SandglassError =>
      new SandglassError('E_LOAD', `The ${what} was changed: ${how}`, { cause });
    const missing = (): SandglassError => new SandglassError('E_NOT_FOUND', `The ${what} ${hash} is not in the store`);
    return ask(`Cannot read the ${what} ${hash}`, async () => {
      const info = await this.#objects.info(hash);
      if (!info || info.deleted) throw missing();
      if (info.size > maxBytes) throw changed(`it has ${info.size} bytes`);
      const bytes = await this.#objects.getBlob(hash).catch((cause: Error) => {
        throw cause.message.includes('corrupt') ? changed('it is not what was stored', cause) : cause;
      });
      if (!bytes) throw missing();
      const found = sha256(bytes);
      if (found !== hash) throw changed(`its SHA-256 is ${found}, the catalogue says ${hash}`);
      return bytes;
    });
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
