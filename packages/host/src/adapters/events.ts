import { checkAdapter } from '../options/adapter-options.js';
import { runToItsEnd } from './background.js';
import { toCallOptions } from './deadline.js';
import type { EventOptions, HostSource } from './contract.js';
import { toHostGetter } from './host-source.js';
import { invoke, parseInvocation } from './invocation.js';

/**
 * Operations and hooks as a handler of events: a direct invocation of AWS Lambda, a CloudEvent of
 * Google, a trigger of Azure.
 *
 * It resolves to what the call came to, once nothing is pending that it has started. It rejects
 * with an Error whose `name` is the error code, for example `E_CPU`.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toEventHandler<Event = unknown>(
  source: HostSource,
  options: EventOptions<Event> = {},
): (event: Event, context?: unknown) => Promise<unknown> {
  checkAdapter('toEventHandler', 'event', source, options);
  const getHost = toHostGetter(source);
  const toInvocation = options.toInvocation ?? parseInvocation;
  // one parameter by its `length`: Google's framework takes a function of two for one with a
  // callback
  return async (event, ...[context]) => {
    const invocation = toInvocation(event);
    const host = await getHost();
    return runToItsEnd((call) => invoke(host, invocation, call), toCallOptions(context, options));
  };
}
