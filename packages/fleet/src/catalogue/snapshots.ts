import type { KV } from '@nats-io/kv';
import { type FleetPush, takeSnapshot } from '@sandglass/host/fleet';

import { openBucket } from '../connection/buckets.js';
import { ask, type Transport } from '../connection/transport.js';
import { ownEngineDigest } from '../engine-digest.js';
import { Blobs } from './blobs.js';

/**
 * Snapshots that publishers have taken, so that owners need not evaluate what they load: a key for
 * each says its SHA-256. Only publishers may write it, as the catalogue.
 */
export class Snapshots {
  readonly #entries: KV;
  readonly #blobs: Blobs;
  /** Of this process: snapshots are for one engine. */
  readonly #engine: string;

  private constructor(entries: KV, blobs: Blobs, engine: string) {
    this.#entries = entries;
    this.#blobs = blobs;
    this.#engine = engine;
  }

  /** @throws {SandglassError} `E_FLEET` or `E_FLEET_DENIED`. */
  static async open(transport: Transport): Promise<Snapshots> {
    const entries = await openBucket(transport, 'snapshots', { history: 1 });
    return new Snapshots(entries, await Blobs.open(transport), await ownEngineDigest());
  }

  /**
   * Reads a snapshot file.
   *
   * @param identity of the extension, see `takeSnapshot`.
   * @returns undefined if nobody has taken one with this engine.
   * @throws {SandglassError} `E_LOAD` if it was changed.
   */
  async get(identity: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const entry = await ask('Cannot look for a snapshot', () => this.#entries.get(this.#keyOf(identity)));
    if (entry?.operation !== 'PUT') return undefined;
    return this.#blobs.get(entry.string(), { what: 'snapshot', maxBytes });
  }

  /** Takes the snapshot of an extension and stores it, if it can be taken here. */
  async take(extension: FleetPush): Promise<void> {
    const taken = await takeSnapshot(extension);
    if (!taken) return;
    const hash = await this.#blobs.put(taken.file);
    await ask('Cannot store a snapshot', () => this.#entries.put(this.#keyOf(taken.identity), hash));
  }

  #keyOf(identity: string): string {
    return `${this.#engine}.${identity}`;
  }
}
