/** What one process of a service says to another: a question, or the answer to one. */
type Message =
  | { type: 'question'; id: number; name: string; value: unknown }
  | { type: 'answer'; id: number; value: unknown };

/** The end of a channel between two processes, as `process` and Node's cluster have one. */
export interface ChannelEnd {
  send?(message: unknown): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** By the name of a question, what is asked with it and what is answered. */
export type Vocabulary = Record<string, [asked: unknown, answered: unknown]>;

/** How the questions of the other side are answered. None rejects. */
export type Answers<Of extends Vocabulary> = {
  [Name in keyof Of]: (asked: Of[Name][0]) => Promise<Of[Name][1]> | Of[Name][1];
};

/**
 * Questions and answers between two processes that trust each other: both are of one version.
 *
 * `Asked` are the questions of this side, `Heard` those of the other.
 */
export class Questions<Asked extends Vocabulary, Heard extends Vocabulary> {
  readonly #end: ChannelEnd;
  readonly #answers: Answers<Heard>;
  readonly #pending = new Map<number, (value: unknown) => void>();
  #lastId = 0;
  #isClosed = false;

  constructor(end: ChannelEnd, answers: Answers<Heard>) {
    this.#end = end;
    this.#answers = answers;
    end.on('message', (message) => void this.#take(message as Message)); // no one else writes
  }

  /** @returns the answer; undefined if the other side has gone, or goes without one. */
  ask<Name extends keyof Asked & string>(name: Name, value: Asked[Name][0]): Promise<Asked[Name][1] | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve as (value: unknown) => void);
      this.#send({ type: 'question', id, name, value });
    });
  }

  /** Ends all questions: the other side has gone. */
  close(): void {
    this.#isClosed = true;
    for (const resolve of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
  }

  async #take(message: Message): Promise<void> {
    switch (message.type) {
      case 'question': {
        const value = await this.#answers[message.name]?.(message.value);
        this.#send({ type: 'answer', id: message.id, value });
        break;
      }
      case 'answer':
        this.#pending.get(message.id)?.(message.value);
        this.#pending.delete(message.id);
        break;
      default:
        message satisfies never;
    }
  }

  #send(message: Message): void {
    if (!this.#isClosed) this.#end.send?.(message);
  }
}
