import { AsyncLocalStorage } from 'node:async_hooks';

import { splitTarget } from '../../routing/request-target.js';
import type { Service } from '../../service/contract.js';
import { SERVICE_PREFIX } from '../../service/service.js';
import type { Io } from '../io.js';
import { createStyle } from '../output/style.js';
import { printFailure } from './print-failure.js';
import type { Workbench } from './workbench.js';

/** A request while it is served, and what failed in it. */
export interface ServedRequest {
  /** Method and path, for a line beside the failure. */
  readonly title: string;
  failure?: { error: unknown; folder: string | undefined };
}

const serving = new AsyncLocalStorage<ServedRequest>();

/** The request that is being served where this is called; undefined outside of one. */
export function servedRequest(): ServedRequest | undefined {
  return serving.getStore();
}

export interface DevServiceOptions {
  service: Service;
  bench: Pick<Workbench, 'whenSettled' | 'failureAt'>;
  /** Token of the service, if requests of this machine need not bear it. @default none */
  openToken?: string | undefined;
}

/**
 * A service for the author of an extension, on his own machine: it waits for loads, and its errors
 * give the cause.
 */
export function createDevService({ service, bench, openToken }: DevServiceOptions): Service {
  return {
    get counts() {
      return service.counts;
    },
    drain: () => service.drain(),
    countUnsent: (count) => service.countUnsent(count),
    async fetch(request) {
      const { path } = splitTarget(request.url);
      const served: ServedRequest = { title: `${request.method} ${path}` };
      if (!path.startsWith(SERVICE_PREFIX)) await bench.whenSettled(path);
      const known = openToken === undefined ? request : withToken(request, path, openToken);
      const response = await serving.run(served, () => service.fetch(known));
      const failure = response.status === 404 ? bench.failureAt(path) : served.failure;
      return failure && response.status >= 400 ? explain(response, failure, request) : response;
    },
  };
}

/** Adds the token to a request, unless a page of another site sent it. */
function withToken(request: Request, path: string, token: string): Request {
  const isOwn = request.method === 'GET' || !request.headers.has('origin');
  if (!path.startsWith(`${SERVICE_PREFIX}/`) || !isOwn || request.headers.has('authorization')) return request;
  const headers = new Headers(request.headers);
  headers.set('authorization', `Bearer ${token}`);
  const { url, method, body, signal } = request;
  return new Request(url, { method, headers, signal, ...(body ? { body, duplex: 'half' } : {}) });
}

/**
 * Adds the failure, as the terminal shows it, to an answer: as text for a browser, else beside the
 * error.
 */
async function explain(
  response: Response,
  { error, folder }: NonNullable<ServedRequest['failure']>,
  request: Request,
): Promise<Response> {
  let text = '';
  const output: Io['stdout'] = { isTTY: false, write: (more) => (text += more) };
  await printFailure(error, folder, { output, style: createStyle(output, {}) });
  const { status } = response;
  if (request.headers.get('accept')?.includes('text/html') === true)
    return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  // the host's own
  const { errors } = (await response.json()) as { errors: [{ message: string; extensions: { code: string } }] };
  const [{ extensions }] = errors;
  const [message = ''] = text.split('\n', 1);
  const body = { errors: [{ message, extensions: { ...extensions, details: text.trimEnd().split('\n') } }] };
  const json = Buffer.from(JSON.stringify(body));
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': String(json.length) };
  return new Response(json, { status, headers });
}
