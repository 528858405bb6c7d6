import { SandglassError } from '@sandglass/core';
import type { DurableOperation, FleetHost, Published, PublishOptions } from '@sandglass/host/fleet';
import { checkOptions, count, maybe, object, text, withDefault } from '@sandglass/host/fleet';
import * as z from 'zod/mini';

import type { Transport } from '../connection/transport.js';
import { Memory, type Outcome } from './memory.js';
import { Outbox } from './outbox.js';
import { openStreams } from './streams.js';
import { Worker } from './worker.js';

const publishOptions = object<{ id: string | undefined; isRepeatable: boolean }>({
  id: maybe(text),
  isRepeatable: withDefault(z.boolean(), false),
});
const operationOptions = object<{ key: string; isRepeatable: boolean; timeoutMs: number }>({
  key: text,
  isRepeatable: withDefault(z.boolean(), false),
  timeoutMs: withDefault(count(1, 86_400_000), 120_000),
});

/** The work of a fleet that is kept until it is done, as one node has it. */
export class DurableWork {
  readonly #host: FleetHost;
  readonly #memory: Memory;
  readonly #outbox: Outbox;
  readonly #worker: Worker | undefined;

  private constructor(host: FleetHost, memory: Memory, outbox: Outbox, worker: Worker | undefined) {
    this.#host = host;
    this.#memory = memory;
    this.#outbox = outbox;
    this.#worker = worker;
  }

  /** @param maxAtOnce work that is run here at once; 0 for none. */
  static async open(transport: Transport, host: FleetHost, maxAtOnce: number): Promise<DurableWork> {
    const streams = await openStreams(transport);
    const memory = await Memory.open(transport);
    const outbox = new Outbox(transport, streams);
    if (maxAtOnce === 0) return new DurableWork(host, memory, outbox, undefined);
    const worker = new Worker({ transport, streams, memory, outbox, host, maxAtOnce });
    await worker.start();
    return new DurableWork(host, memory, outbox, worker);
  }

  async publish(event: string, meta: object, options: PublishOptions): Promise<Published> {
    const { id = crypto.randomUUID(), isRepeatable } = checkOptions('options of publish', publishOptions, options);
    const listeners = this.#host.listenersOf(event);
    const sent = await Promise.all(
      listeners.map(({ extension, ordinal }) =>
        this.#outbox.publish({
          id: `${id}/${extension}/${ordinal}`,
          isRepeatable,
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
    const known = await this.#memory.outcome(id);
    if (known) return valueOf(known, key);
    await this.#outbox.publish({ id, isRepeatable, kind: 'operation', operation, options: given });
    const outcome = await this.#memory.whenEnded(id, AbortSignal.timeout(timeoutMs));
    if (outcome) return valueOf(outcome, key);
    throw new SandglassError('E_WALL', `No answer to "${key}" within ${timeoutMs} ms: ask again with the same key`);
  }

  /** Takes no more work; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    await this.#worker?.stop();
  }
}

function valueOf(outcome: Outcome, key: string): unknown {
  if (outcome.ok) return outcome.value;
  const { code, message } = outcome.error;
  throw new SandglassError(code, `Durable operation "${key}" failed: ${message}`);
}
