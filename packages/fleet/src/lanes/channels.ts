import type { Msg } from '@nats-io/transport-node';

import type { Transport } from '../connection/transport.js';
import { FrameReader, FrameWriter, type Message, readHangUp } from './frames.js';

/** Between two beats of a session. */
export const BEAT_MS = 1_000;
/** Beats without anything from the other side, after which it counts as gone. */
const MAX_MISSED_BEATS = 4;

/** Status of the server's answer when nobody subscribes to a subject. */
const NO_RESPONDERS = 503;

/** Told of what happens in a session. */
export interface ChannelEvents {
  message(message: Message): void;
  /** The session is over: the other side is gone, or a message was lost on the way. */
  lost(reason: Error): void;
  /** Once a second. */
  beat(): void;
}

/** One side of a session between an owner and a runner. */
export class Channel {
  /** Names the session on both sides; nobody else can know it. */
  readonly token: string;
  events!: ChannelEvents;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader = new FrameReader();
  readonly #onClose: (channel: Channel) => void;
  #missed = 0;
  #isOpen = true;

  constructor(token: string, writer: FrameWriter, onClose: (channel: Channel) => void) {
    this.token = token;
    this.#writer = writer;
    this.#onClose = onClose;
  }

  /** @returns false for a message that is too large. */
  send(type: number, value?: unknown, packed?: Uint8Array): boolean {
    return !this.#isOpen || this.#writer.write(type, value, packed);
  }

  receive({ data, headers }: Msg): void {
    if (!this.#isOpen) return;
    if (headers?.code === NO_RESPONDERS) return this.lose(new Error('nobody listens there any more'));
    this.#missed = 0;
    const hungUp = readHangUp(data);
    if (hungUp !== undefined) return this.lose(new Error(hungUp));
    try {
      const message = this.#reader.read(data);
      if (message) this.events.message(message);
    } catch (error) {
      this.lose(error instanceof Error ? error : new Error(String(error)));
    }
  }

  beat(): void {
    if ((this.#missed += 1) > MAX_MISSED_BEATS) this.lose(new Error(`it was silent for ${this.#missed - 1} s`));
    else this.events.beat();
  }

  /** Ends the session, and tells the other side why. */
  lose(reason: Error): void {
    if (!this.#isOpen) return;
    this.#writer.hangUp(reason.message);
    this.close();
    this.events.lost(reason);
  }

  close(): void {
    this.#isOpen = false;
    this.#onClose(this);
  }
}

/** All sessions of one owner or runner, over its connection. They end with the connection. */
export class Channels {
  readonly #transport: Transport;
  /** What the subjects of its sessions begin with. */
  readonly subject: string;
  readonly #open: Map<string, Channel> = new Map();
  readonly #subscription: Disposable;
  readonly #listening: Disposable;
  readonly #timer: NodeJS.Timeout;
  /** Told of a message of a session that is not open here. */
  onStranger: ((token: string, message: Msg) => void) | undefined;

  constructor(transport: Transport, subject: string) {
    this.#transport = transport;
    this.subject = subject;
    this.#subscription = transport.subscribe(`${subject}.*`, (message) => this.#receive(message));
    // what was sent meanwhile may be lost, and a server may have delivered it all the same
    this.#listening = transport.onChange((isConnected) => {
      if (!isConnected) this.#loseAll(new Error('the connection to the fleet was lost'));
    });
    this.#timer = setInterval(() => {
      for (const channel of [...this.#open.values()]) channel.beat();
    }, BEAT_MS).unref();
  }

  /**
   * Opens this side of a session.
   *
   * @param to subject of the other side, without the token.
   */
  open(token: string, to: string): Channel {
    const { connection, maxPayloadBytes } = this.#transport;
    const options = { reply: `${this.subject}.${token}` };
    const subject = `${to}.${token}`;
    const writer = new FrameWriter(maxPayloadBytes, (frame) => {
      if (!connection.isClosed()) connection.publish(subject, frame, options);
    });
    const channel = new Channel(token, writer, ({ token }) => this.#open.delete(token));
    this.#open.set(token, channel);
    return channel;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listening[Symbol.dispose]();
    this.#loseAll(new Error('this node closes'));
    this.#subscription[Symbol.dispose]();
  }

  #receive(message: Msg): void {
    const token = message.subject.slice(this.subject.length + 1);
    const channel = this.#open.get(token);
    if (channel) channel.receive(message);
    else if (readHangUp(message.data) === undefined) this.onStranger?.(token, message);
  }

  #loseAll(reason: Error): void {
    for (const channel of [...this.#open.values()]) channel.lose(reason);
  }
}
