import type { DeadWork } from '@sandglass/host/fleet';
import { SandglassError } from '@sandglass/core';

import { ask, type Transport } from '../connection/transport.js';
import type { Outbox } from './outbox.js';
import type { EventStreams } from './streams.js';
import { readDeadLetter } from './work.js';

/** Dead letters that are looked through for a list. */
const MAX_LISTED = 1_000;
const CANNOT_READ = 'Cannot read the dead letters';

/** Work that was given up: what it was, why, and the way back into the queue. */
export class DeadLetters {
  readonly #transport: Transport;
  readonly #streams: EventStreams;
  readonly #outbox: Outbox;

  constructor(transport: Transport, streams: EventStreams, outbox: Outbox) {
    this.#transport = transport;
    this.#streams = streams;
    this.#outbox = outbox;
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
    await this.#outbox.publish({ ...work, id });
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
