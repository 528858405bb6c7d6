/** The last few of something, and about how many bytes they take. */
export class Recent<T> {
  readonly #items: T[] = [];
  readonly #sizes: number[] = [];
  readonly #length: number;

  /** @param length how many are kept. */
  constructor(length: number) {
    this.#length = length;
  }

  /** @returns by how many bytes it has grown. */
  add(item: T, bytes: number): number {
    this.#items.push(item);
    this.#sizes.push(bytes);
    if (this.#items.length <= this.#length) return bytes;
    this.#items.shift();
    return bytes - this.#sizes.shift()!;
  }

  /** The newest first. */
  toArray(): T[] {
    return this.#items.toReversed();
  }
}

/** Bytes of a small object beside its texts. */
const OBJECT_BYTES = 128;

/** About how many bytes an object with these texts takes. */
export function sizeOf(...texts: readonly (string | undefined)[]): number {
  return texts.reduce((sum, text) => sum + 2 * (text?.length ?? 0), OBJECT_BYTES);
}
