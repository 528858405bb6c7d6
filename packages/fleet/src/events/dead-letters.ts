import type { DeadWork } from '@sandglass/host/fleet';
import { SandglassError } from '@sandglass/core';

import { ask, type Transport } from '../connection/transport.js';
import type { Publisher } from './publisher.js';
import type { EventStreams } from './streams.js';
import { readDeadLetter } from './work.js';

/** Most dead letters that a list has. */
const MAX_LISTED = 1_000;
const CANNOT_READ = 'Cannot read the dead letters';

/** The stream of work that was given up: lists it, and queues it again. */
export class DeadLetters {
  readonly #transport: Transport;
  readonly #streams: EventStreams;
  readonly #publisher: Publisher;

  constructor(transport: Transport, streams: EventStreams, publisher: Publisher) {
    this.#transport = transport;
    this.#streams = streams;
    this.#publisher = publisher;
  }

  /** The oldest first. */
  async list(): Promise<DeadWork[]> {
    return ask(CANNOT_READ, async () => {
      const { streams } = await this.#transport.streams();
      const { first_seq: first, last_seq: last } = (await streams.info(this.#streams.dead)).state;
      const found: DeadWork[] = [];
      // an empty stream begins at 0, which no message has
      for (let number = Math.max(first, 1); number <= last && found.length < MAX_LISTED; number++) {
        const letter = await this.#read(number);
        if (letter) found.push(letter);
      }
      return found;
    });
  }

  /** @throws {SandglassError} `E_NOT_FOUND`. */
  async get(number: number): Promise<DeadWork> {
    const letter = await ask(CANNOT_READ, () => this.#read(number));
    if (!letter) throw new SandglassError('E_NOT_FOUND', `There is no dead letter ${number}`);
    return letter;
  }

  /**
   * Puts work into the queue again, under a new id: its effects may be done again.
   *
   * @returns the new id.
   */
  async requeue(number: number): Promise<string> {
    const { work } = await this.get(number);
    const id = `${work.id}/again-${number}`;
    await this.#publisher.publish({ ...work, id });
    const { streams } = await this.#transport.streams();
    await ask(`Cannot delete dead letter ${number}`, () => streams.deleteMessage(this.#streams.dead, number));
    return id;
  }

  async #read(number: number): Promise<DeadWork | undefined> {
    const { streams } = await this.#transport.streams();
    const message = await streams.getMessage(this.#streams.dead, { seq: number });
    const letter = message ? readDeadLetter(message.data) : undefined;
    return letter && { number, ...letter };
  }
}
