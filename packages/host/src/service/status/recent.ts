/** Errors and audit entries that the status page shows. */
export const MAX_RECENT = 50;

/** The last few of something, newest last. */
export class Recent<T> {
  readonly #items: T[] = [];
  readonly #length: number;

  /** @param length how many are kept. */
  constructor(length: number) {
    this.#length = length;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length > this.#length) this.#items.shift();
  }

  toArray(): T[] {
    return [...this.#items];
  }
}
