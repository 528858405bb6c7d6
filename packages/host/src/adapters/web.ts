import { checkAdapter } from '../options/adapter-options.js';
import { platformWaitUntil } from './background.js';
import { createBasePath } from './base-path.js';
import { toCallOptions } from './deadline.js';
import type { HostSource, HttpOptions } from './contract.js';
import { toHostGetter } from './host-source.js';

export type { AdapterHost, EventOptions, HostSource, HttpOptions } from './contract.js';
export { lazyHost } from './host-source.js';
export type { BasePathOptions } from './base-path.js';
export type { DeadlineOptions } from './deadline.js';
export { toEventHandler } from './events.js';
export type { Invocation } from './contract.js';

/** A handler of Vercel, Netlify, Deno or Bun. */
export type WebHandler = (request: Request, context?: unknown) => Promise<Response>;

/**
 * Endpoints as a handler of web requests: Vercel and Netlify functions, `Deno.serve`, `Bun.serve`.
 *
 * Rejects only if the host cannot be made. What a call has started and nobody awaits goes to the
 * platform's `waitUntil`; without one, the process has to live on, as Deno's and Bun's do.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toWebHandler(source: HostSource, options: HttpOptions = {}): WebHandler {
  checkAdapter('toWebHandler', 'http', source, options);
  const getHost = toHostGetter(source);
  const stripBasePath = createBasePath(options.basePath);
  return async (request, context) => {
    const host = await getHost();
    const waitUntil = platformWaitUntil(context);
    return host.fetch(stripBasePath(request), { ...toCallOptions(context, options), waitUntil });
  };
}
