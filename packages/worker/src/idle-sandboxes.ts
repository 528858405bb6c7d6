/** Sandboxes that one thread keeps ready, of all its extensions: about 300 KiB each. */
const MAX_IDLE = 256;

/** Keeps count of the restored sandboxes that no call uses, and gives up the one that has waited longest when there are too many. */
export class IdleSandboxes {
  readonly #giveUp: Map<object, () => void> = new Map();
  readonly #max: number;

  constructor(max: number = MAX_IDLE) {
    this.#max = max;
  }

  /** @param giveUp drops the sandbox; not called after `delete`. */
  add(sandbox: object, giveUp: () => void): void {
    this.#giveUp.set(sandbox, giveUp);
    if (this.#giveUp.size <= this.#max) return;
    for (const [oldest, drop] of this.#giveUp) {
      this.#giveUp.delete(oldest);
      return drop();
    }
  }

  delete(sandbox: object): void {
    this.#giveUp.delete(sandbox);
  }
}
