/** Sandboxes that one thread keeps ready, of all its extensions: about 300 KiB each. */
const MAX_IDLE = 256;

/** Who keeps an idle sandbox. */
export interface IdleKeeper<Sandbox> {
  /** Drops a sandbox that has waited too long. */
  drop(sandbox: Sandbox): void;
}

/** Keeps count of the restored sandboxes that no call uses, and gives up the one that has waited longest when there are too many. */
export class IdleSandboxes<Sandbox extends object> {
  readonly #keepers: Map<Sandbox, IdleKeeper<Sandbox>> = new Map();
  readonly #max: number;

  constructor(max: number = MAX_IDLE) {
    this.#max = max;
  }

  /** @param keeper is told to drop the sandbox; not after `delete`. */
  add(sandbox: Sandbox, keeper: IdleKeeper<Sandbox>): void {
    this.#keepers.set(sandbox, keeper);
    if (this.#keepers.size <= this.#max) return;
    for (const [oldest, itsKeeper] of this.#keepers) {
      this.#keepers.delete(oldest);
      return itsKeeper.drop(oldest);
    }
  }

  delete(sandbox: Sandbox): void {
    this.#keepers.delete(sandbox);
  }
}
