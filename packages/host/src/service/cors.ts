import { splitTarget } from '../routing/request-target.js';
import type { Service } from './contract.js';
import { SERVICE_PREFIX } from './service.js';

/** Which pages of other origins may call endpoints. */
export interface CorsOptions {
  /** As browsers send them, for example `https://app.example`; `*` is every one. */
  origins: readonly string[];
  /** Whether they may come with cookies and other credentials. */
  credentials: boolean;
}

const METHODS = 'GET,HEAD,POST,PUT,PATCH,DELETE';
/** How long a browser keeps the answer to a preflight, in seconds. Directus: `CORS_MAX_AGE` */
const MAX_AGE_S = 18_000;

/**
 * Lets pages of other origins call the endpoints of a service, as the Fetch standard says. The
 * service's own paths stay closed.
 *
 * @throws {TypeError} for credentials from every origin.
 */
export function withCors(service: Service, { origins, credentials }: CorsOptions): Service {
  const isOpen = origins.includes('*');
  if (isOpen && credentials)
    throw new TypeError('Invalid corsOrigins: with corsCredentials they have to be named, not "*"');
  const allow = (headers: Headers, origin: string | null): void => {
    if (!isOpen) headers.append('vary', 'origin');
    if (origin === null || !(isOpen || origins.includes(origin))) return;
    headers.set('access-control-allow-origin', isOpen ? '*' : origin);
    if (credentials) headers.set('access-control-allow-credentials', 'true');
  };
  return {
    get counts() {
      return service.counts;
    },
    drain: () => service.drain(),
    countUnsent: (count) => service.countUnsent(count),
    async fetch(request) {
      if (splitTarget(request.url).path.startsWith(SERVICE_PREFIX)) return service.fetch(request);
      const origin = request.headers.get('origin');
      if (origin === null || !isPreflight(request)) {
        const response = await service.fetch(request);
        allow(response.headers, origin);
        return response;
      }
      const headers = new Headers({ 'access-control-allow-methods': METHODS });
      headers.set('access-control-allow-headers', request.headers.get('access-control-request-headers') ?? '');
      headers.set('access-control-max-age', String(MAX_AGE_S));
      allow(headers, origin);
      return new Response(null, { status: 204, headers });
    },
  };
}

function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('access-control-request-method');
}
