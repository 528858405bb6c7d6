import { jetstream, JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import { SandglassError } from '@sandglass/core';

import { toFleetError, type Transport } from '../connection/transport.js';
import type { EventStreams } from './streams.js';
import type { DeadLetter, Work } from './work.js';

/** Room for what the client adds to a message: subject, id. */
const HEADER_BYTES = 1_024;
/** JetStream's error codes for a stream that is full. */
const FULL = new Set([10_077, 10_047, 10_122, 10_023]);

/** Publishes work to its stream, and dead letters to theirs. */
export class Publisher {
  readonly #transport: Transport;
  readonly #streams: EventStreams;
  readonly #client: JetStreamClient;

  constructor(transport: Transport, streams: EventStreams) {
    this.#transport = transport;
    this.#streams = streams;
    this.#client = jetstream(transport.connection, { timeout: transport.timeoutMs });
  }

  /**
   * Resolves when the server has the work.
   *
   * @returns whether it had work of that id already.
   * @throws {SandglassError} `E_QUOTA` for work that is too large, `E_QUEUE_FULL` if the stream
   *   is full, `E_FLEET` without an answer: publish it again under the same id, which is safe.
   */
  publish(work: Work): Promise<boolean> {
    return this.#put(this.#streams.workSubject, work.id, work);
  }

  async bury(letter: DeadLetter): Promise<void> {
    await this.#put(this.#streams.deadSubject, letter.work.id, letter);
  }

  async #put(subject: string, id: string, value: Work | DeadLetter): Promise<boolean> {
    const bytes = Buffer.from(JSON.stringify(value));
    const maxBytes = this.#transport.maxPayloadBytes - HEADER_BYTES;
    if (bytes.length > maxBytes)
      throw new SandglassError(
        'E_QUOTA',
        `Cannot publish: the message has ${bytes.length} bytes, at most ${maxBytes} are taken`,
        {
          limit: { name: 'max_payload', value: maxBytes, used: bytes.length },
        },
      );
    try {
      return (await this.#client.publish(subject, bytes, { msgID: id })).duplicate;
    } catch (error) {
      if (error instanceof JetStreamApiError && FULL.has(error.code))
        throw new SandglassError('E_QUEUE_FULL', `Cannot publish: the stream is full (${error.message})`, {
          cause: error,
        });
      throw toFleetError(error, 'Cannot publish');
    }
  }
}
