import { createHash } from 'node:crypto';

import { JetStreamApiError } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NodeError } from '@sandglass/host/fleet';

import { openBucket } from '../connection/buckets.js';
import { ask, toFleetError, type Transport } from '../connection/transport.js';
import { REMEMBERED_FOR_MS } from './streams.js';

/** How work ended. */
export type Outcome = { ok: true; value: unknown } | { ok: false; error: NodeError };

/** The bucket of what nodes record of durable work: its claim, and its outcome. */
export class WorkRecords {
  readonly #bucket: KV;

  private constructor(bucket: KV) {
    this.#bucket = bucket;
  }

  static async open(transport: Transport): Promise<WorkRecords> {
    return new WorkRecords(await openBucket(transport, 'effects', { history: 1, ttl: REMEMBERED_FOR_MS }));
  }

  /** Claims work: its effects begin. @returns false if an earlier run has claimed it. */
  async claim(id: string): Promise<boolean> {
    try {
      await this.#bucket.create(`effect.${keyOf(id)}`, 'begun');
      return true;
    } catch (error) {
      if (error instanceof JetStreamApiError && toFleetError(error, '').code === 'E_FLEET_CONFLICT') return false;
      throw toFleetError(error, 'Cannot claim work');
    }
  }

  async keep(id: string, outcome: Outcome): Promise<void> {
    await ask('Cannot keep an outcome', () => this.#bucket.put(`outcome.${keyOf(id)}`, JSON.stringify(outcome)));
  }

  async outcome(id: string): Promise<Outcome | undefined> {
    return ask('Cannot read an outcome', async () => {
      const found = await this.#bucket.get(`outcome.${keyOf(id)}`);
      return found?.operation === 'PUT' ? found.json<Outcome>() : undefined;
    });
  }

  /** Resolves with the outcome, when there is one; undefined once the signal fires. */
  async whenEnded(id: string, signal: AbortSignal): Promise<Outcome | undefined> {
    const watcher = await this.#bucket.watch({ key: `outcome.${keyOf(id)}` });
    const stop = (): void => watcher.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const found of watcher) if (found.operation === 'PUT') return found.json<Outcome>();
      return undefined;
    } finally {
      signal.removeEventListener('abort', stop);
      watcher.stop();
    }
  }
}

/** The key of an id, which may be any text. */
function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
