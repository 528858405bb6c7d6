import { type Registration, SandglassError } from '@sandglass/core';
import { LRUCache } from 'lru-cache';

import { type EventPattern, MAX_EVENT_COST, parseEvent, parseEventPattern } from './event-pattern.js';

export type HookRegistration = Extract<Registration, { type: 'filter' | 'action' }>;

/** A handler that listens to an event. */
export interface Listener<Owner> {
  owner: Owner;
  handler: number;
}

interface Entry<Owner> extends Listener<Owner> {
  type: 'filter' | 'action';
  pattern: EventPattern;
}

/** Listeners that are kept found, over all events. Whoever calls may choose the events. */
const MAX_FOUND = 100_000;

/**
 * Which handlers listen to which events, over all hook extensions, in the order of registration.
 */
export class HookRegistry<Owner> {
  /**
   * Per extension name; a Map keeps the order of the first registration, also when an extension is
   * replaced.
   */
  readonly #entries = new Map<string, Entry<Owner>[]>();
  readonly #found = new LRUCache<string, Listener<Owner>[]>({
    max: 1_000,
    maxSize: MAX_FOUND,
    sizeCalculation: ({ length }) => length + 1,
  });

  /**
   * Registers a hook's handlers, in place of those of the same name.
   *
   * @throws {SandglassError} `E_LOAD` for an event that is not supported, or too many wildcards;
   *   nothing changes then.
   */
  register(name: string, owner: Owner, registrations: readonly HookRegistration[]): void {
    const entries = registrations.map(({ type, event, handler }) => ({
      owner,
      handler,
      type,
      pattern: parseEventPattern(event),
    }));
    const cost = entries.reduce((sum, { pattern }) => sum + pattern.cost, 0);
    if (cost > MAX_EVENT_COST)
      throw new SandglassError(
        'E_LOAD',
        `Events with wildcards are too many: they have ${cost} names, at most ${MAX_EVENT_COST} are allowed`,
      );
    this.#entries.set(name, entries);
    this.#found.clear();
  }

  unregister(name: string): void {
    if (this.#entries.delete(name)) this.#found.clear();
  }

  /**
   * @param event as it happened: a `*` in it is a name like any other.
   * @throws {RangeError} for an event that is too long.
   */
  listeners(type: 'filter' | 'action', event: string): readonly Listener<Owner>[] {
    const key = `${type} ${event}`;
    let found = this.#found.get(key);
    if (!found) {
      const happened = parseEvent(event);
      found = [...this.#entries.values()]
        .flat()
        .filter((entry) => entry.type === type && entry.pattern.matches(happened));
      this.#found.set(key, found);
    }
    return found;
  }
}
