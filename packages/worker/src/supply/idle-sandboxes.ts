import { LinkedList, type Link } from '@sandglass/core';

/** Sandboxes that one thread keeps ready, of all its extensions: about 350 KiB each. */
const MAX_IDLE = 256;

/** Who keeps an idle sandbox. */
export interface IdleKeeper<Sandbox> {
  /** Gives up a sandbox that has been idle for longest. */
  drop(sandbox: Sandbox): void;
}

/** An idle sandbox and who keeps it. */
export interface Idle<Sandbox> {
  sandbox: Sandbox;
  keeper: IdleKeeper<Sandbox>;
}

/**
 * The restored sandboxes of a thread that no call uses. When there are too many, the one that has
 * been idle for longest is given up.
 */
export class IdleSandboxes<Sandbox> {
  readonly #list: LinkedList<Idle<Sandbox>> = new LinkedList();
  readonly #max: number;

  constructor(max: number = MAX_IDLE) {
    this.#max = max;
  }

  /** Makes the link of a sandbox, once for all its calls. It is in no list yet. */
  static link<Sandbox>(sandbox: Sandbox, keeper: IdleKeeper<Sandbox>): Link<Idle<Sandbox>> {
    return LinkedList.link({ sandbox, keeper });
  }

  /** Adds an idle sandbox. Until `delete`, its keeper may be told to drop it. */
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
