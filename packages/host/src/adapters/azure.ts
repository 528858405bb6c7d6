import { checkAdapter } from '../options/adapter-options.js';
import { runToItsEnd } from './background.js';
import { createBasePath } from './base-path.js';
import { createRequest } from './create-request.js';
import { toCallOptions } from './deadline.js';
import type { HostSource } from './contract.js';
import { toHostGetter } from './host-source.js';
import type { HttpOptions } from './contract.js';

export type { AdapterHost, HostSource } from './contract.js';
export { lazyHost } from './host-source.js';
export type { EventOptions } from './contract.js';
export { toEventHandler } from './events.js';
export type { Invocation } from './contract.js';
export type { HttpOptions } from './contract.js';

/** `HttpRequest` of `@azure/functions` 4, as far as it is read here. */
export interface AzureRequest {
  method: string;
  url: string;
  headers: Iterable<[string, string]>;
  body: unknown;
}

/** `HttpResponseInit` of `@azure/functions` 4. */
export interface AzureResponse {
  status: number;
  headers: [string, string][];
  body?: Uint8Array<ArrayBuffer>;
}

/** Path that Azure puts in front of every function, unless host.json says otherwise. */
const BASE_PATH = '/api';

/**
 * Endpoints as an HTTP function of Azure, version 4 of its programming model.
 *
 * The answer waits for what the call has started and nobody awaits: Azure has no `waitUntil`.
 *
 * @param options.basePath `routePrefix` of host.json. `@default '/api'`
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toAzureHandler(
  source: HostSource,
  options: HttpOptions = {},
): (request: AzureRequest, context?: unknown) => Promise<AzureResponse> {
  checkAdapter('toAzureHandler', 'http', source, options);
  const getHost = toHostGetter(source);
  const stripBasePath = createBasePath(options.basePath ?? BASE_PATH);
  return async (request, context) => {
    const host = await getHost();
    const received = stripBasePath(toRequest(request));
    const response = await runToItsEnd((call) => host.fetch(received, call), toCallOptions(context, options));
    const { status, headers } = response;
    const answer: AzureResponse = { status, headers: [...headers] };
    if (response.body) answer.body = new Uint8Array(await response.arrayBuffer());
    return answer;
  };
}

/** Azure's request looks like fetch's and is none. */
function toRequest({ method, url, headers, body }: AzureRequest): Request {
  return createRequest(url, { method, headers: [...headers], body });
}
