import type { Caller } from './caller.js';
import type { Extension } from '../extensions/extension.js';
import type { HookRegistry, Listener } from './hook-registry.js';
import type { CallOptions } from '../types.js';

/** Where hooks are found and run. */
export interface HooksOptions {
  hooks: Pick<HookRegistry<Extension>, 'listeners'>;
  caller: Caller;
}

/**
 * Runs the filters of an event one after the other, each on what the one before made of the
 * payload.
 *
 * @returns the last payload; the one given, if no filter changed it.
 * @throws {SandglassError} of the first filter that failed; the rest do not run.
 */
export async function runFilters(
  event: string,
  payload: unknown,
  call: CallOptions | undefined,
  { hooks, caller }: HooksOptions,
): Promise<unknown> {
  const listeners = hooks.listeners('filter', event);
  using _ = leaseAll(listeners);
  let current = payload;
  for (const { owner, handler } of listeners) {
    const result = await caller.call(owner, handler, current, call);
    if (result !== undefined) current = result;
  }
  return current;
}

/**
 * Runs the actions of an event side by side, and resolves when all have ended. One that fails is
 * told to `onError`.
 */
export async function runActions(
  event: string,
  meta: object,
  call: CallOptions | undefined,
  options: HooksOptions & { onError: (error: unknown, extension: string) => void },
): Promise<void> {
  // first, whatever the meta calls an event
  const argument = Object.assign({ event }, meta, { event });
  const run = async ({ owner, handler }: Listener<Extension>): Promise<void> => {
    try {
      await options.caller.call(owner, handler, argument, call);
    } catch (error) {
      options.onError(error, owner.name);
    }
  };
  await Promise.all(options.hooks.listeners('action', event).map(run));
}

/** A filter further down the row may be reloaded while one before it runs. */
function leaseAll(listeners: readonly Listener<Extension>[]): Disposable {
  const leases = listeners.map(({ owner }) => owner.lease());
  return {
    [Symbol.dispose]: () => {
      for (const lease of leases) lease[Symbol.dispose]();
    },
  };
}
