import { LinkedList, type Link } from '@sandglass/core';

/** Sandboxes that one thread keeps ready, of all its extensions: about 350 KiB each. */
const MAX_IDLE = 256;

/** Who keeps an idle sandbox. */
export interface IdleKeeper<Sandbox> {
  /** Drops a sandbox that has waited too long. */
  drop(sandbox: Sandbox): void;
}

/** An idle sandbox and who keeps it. */
export interface Idle<Sandbox> {
  sandbox: Sandbox;
  keeper: IdleKeeper<Sandbox>;
}

/**
 * Keeps count of the restored sandboxes that no call uses, and gives up the one that has waited
 * longest when there are too many.
 */
export class IdleSandboxes<Sandbox> {
  readonly #list: LinkedList<Idle<Sandbox>> = new LinkedList();
  readonly #max: number;

  constructor(max: number = MAX_IDLE) {
    this.#max = max;
  }

  /** The link of a sandbox that is not idle: made once, for all its calls. */
  static link<Sandbox>(sandbox: Sandbox, keeper: IdleKeeper<Sandbox>): Link<Idle<Sandbox>> {
    return LinkedList.link({ sandbox, keeper });
  }

  /** From now on its keeper may be told to drop the sandbox, until `delete`. */
  add(link: Link<Idle<Sandbox>>): void {
    this.#list.append(link);
    if (this.#list.size > this.#max) this.dropOldest();
  }

  delete(link: Link<Idle<Sandbox>>): void {
    this.#list.remove(link);
  }

  /** @returns false if there is none */
  dropOldest(): boolean {
    const oldest = this.#list.shift();
    oldest?.keeper.drop(oldest.sandbox);
    return oldest !== undefined;
  }
}
