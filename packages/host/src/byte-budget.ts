/**
 * Memory that several owners share, counted in bytes. Nobody gets more than is left for all: one
 * alone gets half of it, two a third each, so that whoever comes next finds something ("dynamic
 * thresholds", Choudhury and Hahne 1998).
 */
export class ByteBudget<Owner> {
  readonly maxBytes: number;
  /**
   * Owners stay when they hold nothing: a Map that grows and shrinks with every call leaves tables
   * behind.
   */
  readonly #byOwner: Map<Owner, number> = new Map();
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes that are taken now. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether an owner may take so many bytes. */
  fits(owner: Owner, bytes: number): boolean {
    const owned = this.#usedBytes === 0 ? 0 : (this.#byOwner.get(owner) ?? 0);
    return owned + bytes <= this.maxBytes - this.#usedBytes - bytes;
  }

  /** Takes bytes whether they fit or not. Whoever takes gives back. */
  add(owner: Owner, bytes: number): void {
    this.#usedBytes += bytes;
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + bytes);
  }

  give(owner: Owner, bytes: number): void {
    this.add(owner, -bytes);
  }

  /** Forgets an owner who holds nothing. */
  forget(owner: Owner): void {
    if (this.#byOwner.get(owner) === 0) this.#byOwner.delete(owner);
  }
}
