import { checkHost } from '../options/adapter-options.js';
import type { AdapterHost, HostSource } from './contract.js';

/**
 * Makes one host for all the handlers of a container, when the first of them is called.
 *
 * A failure is not kept: the next call tries again.
 *
 * @param create called once, unless it fails.
 * @throws {TypeError} if it is no function.
 */
export function lazyHost<Made extends AdapterHost>(create: () => Made | PromiseLike<Made>): () => Promise<Made> {
  if (typeof create !== 'function')
    throw new TypeError('Invalid argument of lazyHost: it has to be a function that makes a host');
  let making: Promise<Made> | undefined;
  return () => {
    making ??= Promise.resolve()
      .then(create)
      .catch((error: unknown) => {
        making = undefined;
        throw error;
      });
    return making;
  };
}

/** The one way from any source to its host; a function is called once. */
export function toHostGetter(source: HostSource): () => Promise<AdapterHost> {
  return lazyHost(async () => checkHost(await (typeof source === 'function' ? source() : source)));
}
