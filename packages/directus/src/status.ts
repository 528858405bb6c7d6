import type { StatusPage } from '@sandglass/host/service';

import type { ApiResponse, Handler } from './directus.js';
import { createDirectusError } from './directus-error.js';

/** First step of the paths that are not an extension's, as `sandglass serve` has them. */
export const PREFIX = '_sandglass';

/** Serves the status page to administrators of Directus, below where it is mounted. */
export function serveStatus(page: StatusPage): Handler {
  return (request, response, next) => {
    if (request.accountability?.admin !== true) {
      next(createDirectusError(403, 'FORBIDDEN', { message: "You don't have permission to access this." }));
      return;
    }
    const answer = request.method === 'GET' ? page.fetch(request.url) : null;
    if (answer) void answer.then((given) => send(given, response)).catch(fail);
    else next();
    function fail(error: unknown): void {
      next(error);
    }
  };
}

async function send(given: Response, response: ApiResponse): Promise<void> {
  const body = Buffer.from(await given.arrayBuffer());
  response.status(given.status).setHeaders(given.headers).send(body);
}
