import type { Registration } from '@sandglass/core';
import { LRUCache } from 'lru-cache';

import { parseEventPattern } from './event-pattern.js';

export type HookRegistration = Extract<Registration, { type: 'filter' | 'action' }>;

/** A handler that listens to an event. */
export interface Listener<Owner> {
  owner: Owner;
  handler: number;
}

interface Entry<Owner> extends Listener<Owner> {
  type: 'filter' | 'action';
  matches: (names: readonly string[]) => boolean;
}

/** Which handlers listen to which events, over all hook extensions, in the order of registration. */
export class HookRegistry<Owner> {
  /** Per extension name; a Map keeps the order of the first registration, also when an extension is replaced. */
  readonly #entries = new Map<string, Entry<Owner>[]>();
  /** Events come from the host's caller, few and often. */
  readonly #found = new LRUCache<string, Listener<Owner>[]>({ max: 1_000 });

  /**
   * Registers a hook's handlers, in place of those of the same name.
   *
   * @throws {SandglassError} `E_LOAD` for an event that is not supported; nothing changes then.
   */
  register(name: string, owner: Owner, registrations: readonly HookRegistration[]): void {
    const entries = registrations.map(({ type, event, handler }) => ({
      owner,
      handler,
      type,
      matches: parseEventPattern(event),
    }));
    this.#entries.set(name, entries);
    this.#found.clear();
  }

  unregister(name: string): void {
    if (this.#entries.delete(name)) this.#found.clear();
  }

  /** @param event as it happened: a `*` in it is a name like any other. */
  listeners(type: 'filter' | 'action', event: string): readonly Listener<Owner>[] {
    const key = `${type} ${event}`;
    let found = this.#found.get(key);
    if (!found) {
      const names = event.split('.');
      found = [...this.#entries.values()].flat().filter((entry) => entry.type === type && entry.matches(names));
      this.#found.set(key, found);
    }
    return found;
  }
}
