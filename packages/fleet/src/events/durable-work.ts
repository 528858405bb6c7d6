import { SandglassError } from '@sandglass/core';
import type { DurableOperation, FleetHost, Published, PublishOptions } from '@sandglass/host/fleet';
import { checkOptions, count, maybe, object, text, withDefault } from '@sandglass/host/fleet';
import * as z from 'zod/mini';

import type { Transport } from '../connection/transport.js';
import { WorkRecords, type Outcome } from './work-records.js';
import { Publisher } from './publisher.js';
import { openStreams } from './streams.js';
import { WorkConsumer } from './work-consumer.js';

const publishOptions = object<{ id: string | undefined; isRepeatable: boolean }>({
  id: maybe(text),
  isRepeatable: withDefault(z.boolean(), false),
});
const operationOptions = object<{ key: string; isRepeatable: boolean; timeoutMs: number }>({
  key: text,
  isRepeatable: withDefault(z.boolean(), false),
  timeoutMs: withDefault(count(1, 86_400_000), 120_000),
});

/** One node's side of durable work: publishes it, runs it, and waits for outcomes. */
export class DurableWork {
  readonly #host: FleetHost;
  readonly #records: WorkRecords;
  readonly #publisher: Publisher;
  readonly #consumer: WorkConsumer | undefined;

  private constructor(host: FleetHost, records: WorkRecords, publisher: Publisher, consumer: WorkConsumer | undefined) {
    this.#host = host;
    this.#records = records;
    this.#publisher = publisher;
    this.#consumer = consumer;
  }

  /** @param maxAtOnce work that is run here at once; 0 for none. */
  static async open(transport: Transport, host: FleetHost, maxAtOnce: number): Promise<DurableWork> {
    const streams = await openStreams(transport);
    const records = await WorkRecords.open(transport);
    const publisher = new Publisher(transport, streams);
    if (maxAtOnce === 0) return new DurableWork(host, records, publisher, undefined);
    const consumer = new WorkConsumer({ transport, streams, records, publisher, host, maxAtOnce });
    await consumer.start();
    return new DurableWork(host, records, publisher, consumer);
  }

  async publish(event: string, meta: object, options: PublishOptions): Promise<Published> {
    const { id = crypto.randomUUID(), isRepeatable } = checkOptions('options of publish', publishOptions, options);
    const listeners = this.#host.listenersOf(event);
    const trace = this.#host.carryTrace();
    const sent = await Promise.all(
      listeners.map(({ extension, ordinal }) =>
        this.#publisher.publish({
          id: `${id}/${extension}/${ordinal}`,
          isRepeatable,
          trace,
          kind: 'action',
          event,
          meta: { ...meta },
          extension,
          ordinal,
        }),
      ),
    );
    return { id, actions: listeners.length, isDuplicate: sent.length > 0 && sent.every(Boolean) };
  }

  async operation(operation: string, given: unknown, call: DurableOperation): Promise<unknown> {
    const { key, isRepeatable, timeoutMs } = checkOptions('options of a durable operation', operationOptions, call);
    const id = `operation/${operation}/${key}`;
    const known = await this.#records.outcome(id);
    if (known) return valueOf(known, key);
    const trace = this.#host.carryTrace();
    await this.#publisher.publish({ id, isRepeatable, trace, kind: 'operation', operation, options: given });
    const outcome = await this.#records.whenEnded(id, AbortSignal.timeout(timeoutMs));
    if (outcome) return valueOf(outcome, key);
    throw new SandglassError('E_WALL', `No answer to "${key}" within ${timeoutMs} ms: ask again with the same key`);
  }

  /** Takes no more work; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    await this.#consumer?.stop();
  }
}

function valueOf(outcome: Outcome, key: string): unknown {
  if (outcome.ok) return outcome.value;
  const { code, message } = outcome.error;
  throw new SandglassError(code, `Durable operation "${key}" failed: ${message}`);
}
