import type { Transport } from '../connection/transport.js';
import { BEAT_MS } from './channels.js';
import { type Presence, readPresence, type Subjects } from './presence.js';

/** Beats without a presence, after which a runner is forgotten. */
const MAX_MISSED_BEATS = 4;
/** Most runners that are remembered; this only bounds memory. */
const MAX_RUNNERS = 100_000;

interface Entry {
  presence: Presence;
  missed: number;
}

/** The runners of a fleet, by the presence that each publishes. */
export class Directory {
  readonly #transport: Transport;
  readonly #subjects: Subjects;
  readonly #entries: Map<string, Entry> = new Map();
  readonly #subscription: Disposable;
  readonly #timer: NodeJS.Timeout;
  readonly #listening: Disposable;
  /** Told of each presence. */
  onPresence: ((presence: Presence) => void) | undefined;
  /** Told once a second. */
  onBeat: (() => void) | undefined;

  constructor(transport: Transport, subjects: Subjects) {
    this.#transport = transport;
    this.#subjects = subjects;
    this.#subscription = transport.subscribe(subjects.presence, (message) => {
      const presence = readPresence(message);
      if (presence) this.#hear(presence);
    });
    this.#listening = transport.onChange((isConnected) => {
      if (isConnected) this.#ask();
    });
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref();
    this.#ask();
  }

  *[Symbol.iterator](): Iterator<Presence> {
    for (const { presence } of this.#entries.values()) yield presence;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Forgets a runner that is gone, until its next presence. */
  forget(id: string): void {
    this.#entries.delete(id);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listening[Symbol.dispose]();
    this.#subscription[Symbol.dispose]();
  }

  #ask(): void {
    this.#transport.connection.publish(this.#subjects.hello);
  }

  #hear(presence: Presence): void {
    const entry = this.#entries.get(presence.id);
    if (!entry && this.#entries.size >= MAX_RUNNERS) return;
    this.#entries.set(presence.id, { presence, missed: 0 });
    this.onPresence?.(presence);
  }

  #beat(): void {
    for (const [id, entry] of this.#entries) {
      if ((entry.missed += 1) > MAX_MISSED_BEATS) this.#entries.delete(id);
    }
    this.onBeat?.();
  }
}
