import { createRequest } from './create-request.js';

/** Where a platform mounts the function. */
export interface BasePathOptions {
  /**
   * Path in front of the extensions' mounts, for example `/api` or the stage of an API. @default
   * none
   */
  basePath?: string | undefined;
}

/**
 * Takes the platform's own prefix off a request's path. One that does not begin with it stays as it
 * is, and finds no route.
 *
 * @param basePath empty, or with a slash at its beginning.
 */
export function createBasePath(basePath: string = ''): (request: Request) => Request {
  const base = basePath.replace(/\/+$/, '');
  if (base === '') return (request) => request;
  return (request) => {
    const url = new URL(request.url);
    if (url.pathname !== base && !url.pathname.startsWith(`${base}/`)) return request;
    url.pathname = url.pathname.slice(base.length) || '/';
    const { method, headers, body, signal } = request;
    return createRequest(url, { method, headers, body, signal });
  };
}
