import { setTimeout } from 'node:timers/promises';

import { type Consumer, type ConsumerMessages, jetstream, type JsMsg } from '@nats-io/jetstream';
import type { SandglassError } from '@sandglass/core';
import type { FleetHost, WorkEnd } from '@sandglass/host/fleet';

import { ask, type Transport } from '../connection/transport.js';
import { toNodeError } from '../nodes/report.js';
import type { WorkRecords } from './work-records.js';
import type { Publisher } from './publisher.js';
import { ACK_WAIT_MS, CONSUMER, type EventStreams, MS_IN_NS } from './streams.js';
import { readWork, type Work } from './work.js';

/** Times that work is begun before it is given up. */
const MAX_TRIES = 5;
/** Pause before the second try; twice as long before each further one. */
const RETRY_AFTER_MS = 500;
/** How long a fetch waits at the server for work. */
const ASK_FOR_MS = 2_000;
/** Pause after a fetch that failed. */
const ASK_AGAIN_AFTER_MS = 500;
/** How long a run that finds its work claimed waits for the outcome of the run that claimed it. */
const OUTCOME_WITHIN_MS = 5_000;

export interface WorkConsumerParts {
  transport: Transport;
  streams: EventStreams;
  records: WorkRecords;
  publisher: Publisher;
  host: FleetHost;
  /** Work that is under way at once. */
  maxAtOnce: number;
}

/** Takes work from the queue, runs it, and records how it ended. */
export class WorkConsumer {
  readonly #parts: WorkConsumerParts;
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: WorkConsumerParts) {
    this.#parts = parts;
  }

  /** @throws {SandglassError} `E_FLEET` or `E_FLEET_DENIED`. */
  async start(): Promise<void> {
    const { transport, streams } = this.#parts;
    await ask('Cannot take durable work', async () => {
      const { consumers } = await transport.streams();
      await consumers.add(streams.work, {
        durable_name: CONSUMER,
        ack_policy: 'explicit',
        ack_wait: ACK_WAIT_MS * MS_IN_NS,
        max_ack_pending: -1,
      });
    });
    this.#loop = this.#take();
  }

  /** Takes no more work; resolves when all work that it has begun is over. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#loop;
    await Promise.all(this.#running);
  }

  async #take(): Promise<void> {
    const { transport, streams, maxAtOnce } = this.#parts;
    const { signal } = this.#ending;
    const client = jetstream(transport.connection, { timeout: transport.timeoutMs });
    let consumer: Consumer | undefined;
    let messages: ConsumerMessages | undefined;
    signal.addEventListener('abort', () => messages?.stop());
    while (!signal.aborted) {
      if (this.#running.size >= maxAtOnce) await Promise.race(this.#running);
      const free = maxAtOnce - this.#running.size;
      try {
        consumer ??= await client.consumers.get(streams.work, CONSUMER);
        messages = await consumer.fetch({ max_messages: free, expires: ASK_FOR_MS });
        for await (const message of messages) this.#begin(message);
      } catch {
        consumer = undefined;
        await pause(ASK_AGAIN_AFTER_MS, signal); // the server is away
      }
    }
  }

  #begin(message: JsMsg): void {
    const run = this.#handle(message)
      .catch((error: unknown) => this.#parts.host.report(error, {})) // the server delivers it again
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #handle(message: JsMsg): Promise<void> {
    const work = readWork(message.data);
    if (!work) {
      message.term('no work');
      throw new TypeError(`Message ${message.seq} of the queue is no work, and was dropped`);
    }
    const alive = setInterval(() => message.working(), ACK_WAIT_MS / 3);
    try {
      const isOver = message.redelivered && (await this.#parts.records.outcome(work.id)) !== undefined;
      if (!isOver && !(await this.#run(work, message))) return;
      await message.ackAck();
    } finally {
      clearInterval(alive);
    }
  }

  /** @returns whether the work is over, done or given up. */
  async #run(work: Work, message: JsMsg): Promise<boolean> {
    const { host, records } = this.#parts;
    const { isRepeatable, id } = work;
    const end = await host.run(work, () => (isRepeatable ? Promise.resolve(true) : records.claim(id)));
    if (end.error) return this.#fail(work, end.error, end.effects, message);
    if (end.effects === 'possible' || work.kind === 'operation')
      await this.#keep(id, { ok: true, value: end.value ?? null });
    return true;
  }

  /** @returns whether the work is over; else the server delivers it again. */
  async #fail(work: Work, error: SandglassError, effects: WorkEnd['effects'], message: JsMsg): Promise<boolean> {
    const { records, publisher } = this.#parts;
    const { id, isRepeatable } = work;
    const tries = message.info.deliveryCount;
    const isFinal = effects !== 'none' && !isRepeatable;
    if (!isFinal && (error.code === 'E_CLOSED' || tries < MAX_TRIES)) {
      message.nak(error.code === 'E_CLOSED' ? 0 : RETRY_AFTER_MS * 2 ** (tries - 1));
      return false;
    }
    // the run that claimed the work may be about to record its outcome
    if (effects === 'refused' && (await records.whenEnded(id, AbortSignal.timeout(OUTCOME_WITHIN_MS)))) return true;
    const { code, message: reason } = toNodeError(error);
    await publisher.bury({ work, code, message: reason, tries, effects: effects === 'none' ? 'none' : 'possible' });
    await this.#keep(id, { ok: false, error: { code, message: reason } });
    return true;
  }

  /** Tries until the outcome is kept: without it, work that was done would look lost. */
  async #keep(id: string, outcome: Parameters<WorkRecords['keep']>[1]): Promise<void> {
    for (;;) {
      try {
        return await this.#parts.records.keep(id, outcome);
      } catch (error) {
        if (this.#ending.signal.aborted) throw error;
        await pause(ASK_AGAIN_AFTER_MS, this.#ending.signal);
      }
    }
  }
}

/** Never rejects; ends early when the signal fires. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => {});
}
