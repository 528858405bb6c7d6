import type { Host } from '../host.js';
import type { CallOptions } from '../types.js';

/** What adapters use of a host. */
export interface AdapterHost extends Pick<Host, 'operation' | 'filter' | 'action'> {
  fetch(request: Request, call?: CallOptions): Promise<Response>;
}

/** A host, one in the making, or a function that makes it at the first call. */
export type HostSource = AdapterHost | PromiseLike<AdapterHost> | (() => AdapterHost | PromiseLike<AdapterHost>);

/**
 * Makes one host for all the handlers of a container, when the first of them is called.
 *
 * A failure is not kept: the next call tries again.
 *
 * @param create called once, unless it fails.
 */
export function lazyHost<Made extends AdapterHost>(create: () => Made | PromiseLike<Made>): () => Promise<Made> {
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
  if (typeof source === 'function') return lazyHost(source);
  return () => Promise.resolve(source);
}
