import type { ByteBudget } from '../../byte-budget.js';
import { CapabilityError } from '../error.js';

/** Bytes of bodies that one request holds, sent and received. */
export class BodyBytes {
  readonly #budget: ByteBudget<string>;
  readonly #extension: string;
  #bytes = 0;

  constructor(budget: ByteBudget<string>, extension: string) {
    this.#budget = budget;
    this.#extension = extension;
  }

  /** @throws {CapabilityError} `E_QUOTA` if the extension's share, or all there is, is used up. */
  add(bytes: number): void {
    if (!this.#budget.fits(this.#extension, bytes)) {
      const { maxBytes, usedBytes } = this.#budget;
      const message = `Request needs too much memory: bodies of requests and responses hold ${usedBytes} of ${maxBytes} bytes (maxHeldBytes), of which one extension gets half at the most`;
      throw new CapabilityError('E_QUOTA', message, { properties: { code: 'ERR_BAD_RESPONSE' } });
    }
    this.#budget.add(this.#extension, bytes);
    this.#bytes += bytes;
  }

  /** Gives all of it back. */
  release(): void {
    if (this.#bytes > 0) this.#budget.give(this.#extension, this.#bytes);
    this.#bytes = 0;
  }
}
