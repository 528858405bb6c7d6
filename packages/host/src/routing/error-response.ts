import { ERROR_CODES, isSandglassError } from '@sandglass/core';

const utf8 = new TextEncoder();

/** A request that no extension gets to see: the client's mistake. */
export class ClientError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Characters of a path that an answer repeats. */
const MAX_SHOWN_PATH = 512;

/** A request for a path that no route has, worded as Directus words it. */
export class NoRouteError extends ClientError {
  readonly path: string;

  constructor(path: string) {
    const shown = path.slice(0, MAX_SHOWN_PATH);
    super(404, 'ROUTE_NOT_FOUND', `Route ${shown} doesn't exist.`);
    this.path = shown;
  }
}

/** What clients read for each status; the real error of an extension goes to the log only. */
const PUBLIC: Readonly<Record<number, { code: string; message: string }>> = {
  404: { code: 'ROUTE_NOT_FOUND', message: "Route doesn't exist." },
  499: { code: 'CLIENT_CLOSED_REQUEST', message: 'The request was aborted.' },
  500: { code: 'INTERNAL_SERVER_ERROR', message: 'An unexpected error occurred.' },
  503: { code: 'SERVICE_UNAVAILABLE', message: 'The service is busy or shutting down.' },
};

/**
 * The answer to a request that failed, in the one shape that every error has (docs/contract.md §5).
 *
 * @param requestId stands in a 500, so that its reader can say which line of the log it was.
 */
export function toErrorResponse(error: unknown, requestId?: string): Response {
  const status =
    error instanceof ClientError ? error.status : isSandglassError(error) ? ERROR_CODES[error.code].status : 500;
  const { code, message } = error instanceof ClientError ? error : PUBLIC[status]!;
  const extensions = error instanceof NoRouteError ? { path: error.path, code } : { code };
  const id = status === 500 && requestId !== undefined ? { requestId } : {};
  const body = utf8.encode(JSON.stringify({ errors: [{ message, extensions: { ...extensions, ...id } }] }));
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': String(body.length) };
  return new Response(body, { status, headers });
}
