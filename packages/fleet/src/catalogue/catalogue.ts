import type { ExtensionSource } from '@sandglass/host/fleet';
import type { KV, KvWatchEntry } from '@nats-io/kv';

import { entriesOf, openBucket } from '../connection/buckets.js';
import { ask, type Transport } from '../connection/transport.js';
import { Blobs } from './blobs.js';
import { type Bundle, MAX_BUNDLE_BYTES, unpackBundle } from './bundle.js';
import { type Entry, keyOf, readEntry, writeEntry } from './entry.js';

/** An entry, and the number of the write that made it, which the next write has to name. */
export interface Written<T> {
  value: T;
  revision: number;
}

/** Told of a change. `read` throws for what is no entry; `undefined` if the entry was deleted. */
export type OnChange = (key: string, revision: number, read: () => Entry | undefined) => void;

/** Bundles kept in memory, for roll-backs without the store; usual ones take a few MiB together. */
const MAX_KEPT = 32;
/** A bundle with a longer source is not kept in memory. */
const MAX_KEPT_LENGTH = 1024 * 1024;

/** What the owners of a fleet run: an entry for each extension, and the bundles of its versions. */
export class Catalogue {
  readonly #transport: Transport;
  readonly #entries: KV;
  readonly #blobs: Blobs;
  readonly #kept = new Map<string, ExtensionSource>();

  private constructor(transport: Transport, entries: KV, blobs: Blobs) {
    this.#transport = transport;
    this.#entries = entries;
    this.#blobs = blobs;
  }

  /** @throws {SandglassError} `E_FLEET` or `E_FLEET_DENIED`. */
  static async open(transport: Transport): Promise<Catalogue> {
    const entries = await openBucket(transport, 'catalogue', { history: 5 });
    return new Catalogue(transport, entries, await Blobs.open(transport));
  }

  async get(name: string): Promise<Written<Entry> | undefined> {
    return ask(`Cannot read "${name}" in the catalogue`, async () => {
      const found = await this.#entries.get(keyOf(name));
      if (!found || found.operation !== 'PUT') return undefined;
      return { value: readEntry(found.value, found.key), revision: found.revision };
    });
  }

  /** Every entry, by name. @throws {SandglassError} `E_LOAD` for a key that holds no entry. */
  async list(): Promise<Entry[]> {
    const entries: Entry[] = [];
    await this.forEach((_key, _revision, read) => {
      const entry = read();
      if (entry) entries.push(entry);
    });
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Calls back with each entry that the catalogue has now. */
  async forEach(told: OnChange): Promise<void> {
    const found = await ask('Cannot read the catalogue', () => entriesOf(this.#transport, this.#entries));
    for (const one of found) tell(one, told);
  }

  /** Calls back with each entry, and with each change from then on, until disposed of. */
  async watch(told: OnChange): Promise<Disposable> {
    return ask('Cannot watch the catalogue', async () => {
      const watcher = await this.#entries.watch();
      void (async () => {
        for await (const change of watcher) tell(change, told);
      })();
      return { [Symbol.dispose]: () => watcher.stop() };
    });
  }

  /**
   * Writes an entry, unless somebody else has written it since it was read.
   *
   * @param over the revision that was read; 0 if there was none.
   * @throws {SandglassError} `E_FLEET_CONFLICT` if somebody has.
   */
  async put(entry: Entry, over: number): Promise<number> {
    const key = keyOf(entry.name);
    const text = writeEntry(entry);
    return ask(`Cannot change "${entry.name}" in the catalogue`, () =>
      over === 0 ? this.#entries.create(key, text) : this.#entries.update(key, text, over),
    );
  }

  async putBundle({ bytes }: Bundle): Promise<void> {
    await this.#blobs.put(bytes);
  }

  /** @throws {SandglassError} `E_NOT_FOUND` if it is gone, `E_LOAD` if it was changed. */
  async getBundle(hash: string): Promise<ExtensionSource> {
    const kept = this.#kept.get(hash);
    if (kept) return kept;
    const bundle = unpackBundle(await this.#blobs.get(hash, { what: 'bundle', maxBytes: MAX_BUNDLE_BYTES }));
    if (bundle.source.length <= MAX_KEPT_LENGTH) this.#kept.set(hash, bundle);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(oldest!); // there are more than none
    return bundle;
  }

  /** The number of the last write. */
  async revision(): Promise<number> {
    return ask('Cannot read the catalogue', async () => {
      const { streamInfo } = await this.#entries.status();
      return streamInfo.state.last_seq;
    });
  }
}

function tell(found: Pick<KvWatchEntry, 'key' | 'revision' | 'operation' | 'value'>, told: OnChange): void {
  const { key, revision, operation, value } = found;
  told(key, revision, () => (operation === 'PUT' ? readEntry(value, key) : undefined));
}
