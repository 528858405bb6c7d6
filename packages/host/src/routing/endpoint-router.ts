import { type Registration, SandglassError } from '@sandglass/core';

import { MAX_ROUTE_COST, parseRoutePattern, type RoutePattern } from './route-pattern.js';

/** A longer path is matched by static routes only; it bounds what {@link MAX_ROUTE_COST} stands for. */
const MAX_MATCHED_LENGTH = 2_048;

export type RouteRegistration = Extract<Registration, { type: 'route' }>;

/** What a request leads to. */
export interface RouteMatch<Owner> {
  owner: Owner;
  /** Index of the handler in its extension. */
  handler: number;
  /** Length of the mount in the request's path. */
  mountLength: number;
}

interface Route {
  method: string;
  pattern: RoutePattern;
  handler: number;
}

interface Mount<Owner> {
  owner: Owner;
  /** Routes without wildcards by method and path; the others in `wild`. The index keeps "first registered wins". */
  fixed: Map<string, { handler: number; index: number }>;
  wild: (Route & { index: number })[];
}

/**
 * Finds the route of a request among the endpoints, each mounted at `/<package name>` (CONTRACT §5).
 *
 * Paths are compared as they stand in the URL, without case and with percent-escapes as they are.
 */
export class EndpointRouter<Owner> {
  readonly #mounts = new Map<string, Mount<Owner>>();

  /**
   * Mounts an endpoint, in place of one of the same name.
   *
   * @throws {SandglassError} `E_LOAD` for a path that is not supported; nothing is mounted then.
   */
  mount(name: string, owner: Owner, routes: readonly RouteRegistration[]): void {
    const mount: Mount<Owner> = { owner, fixed: new Map(), wild: [] };
    let cost = 0;
    routes.forEach(({ method, path, handler }, index) => {
      const pattern = parseRoutePattern(path);
      cost += pattern.cost;
      if (pattern.text === null) mount.wild.push({ method, pattern, handler, index });
      else if (!mount.fixed.has(method + pattern.text)) mount.fixed.set(method + pattern.text, { handler, index });
    });
    if (cost > MAX_ROUTE_COST)
      throw new SandglassError(
        'E_LOAD',
        `Routes with wildcards are too many: they cost ${cost}, at most ${MAX_ROUTE_COST} is allowed`,
      );
    this.#mounts.set(mountPath(name), mount);
  }

  unmount(name: string): void {
    this.#mounts.delete(mountPath(name));
  }

  /** @param pathname path of a parsed URL. HEAD finds what GET finds. */
  find(method: string, pathname: string): RouteMatch<Owner> | null {
    const path = pathname.toLowerCase();
    for (const base of mountsAbove(path)) {
      const mount = this.#mounts.get(base);
      const handler = mount && findHandler(mount, method === 'HEAD' ? 'GET' : method, path.slice(base.length) || '/');
      if (handler !== undefined) return { owner: mount!.owner, handler, mountLength: base.length };
    }
    return null;
  }
}

/** The mounts a path can belong to: `/name` and `/@scope/name`. */
function* mountsAbove(path: string): Generator<string> {
  const first = path.indexOf('/', 1);
  yield first === -1 ? path : path.slice(0, first);
  if (first === -1) return;
  const second = path.indexOf('/', first + 1);
  yield second === -1 ? path : path.slice(0, second);
}

function findHandler<Owner>(mount: Mount<Owner>, method: string, path: string): number | undefined {
  const fixed =
    mount.fixed.get(method + path) ??
    (path.endsWith('/') && path !== '/' ? mount.fixed.get(method + path.slice(0, -1)) : undefined);
  if (path.length > MAX_MATCHED_LENGTH) return fixed?.handler;
  for (const route of mount.wild) {
    if (fixed && fixed.index < route.index) break;
    if (route.method === method && route.pattern.matches(path)) return route.handler;
  }
  return fixed?.handler;
}

/** A name that is no npm name is mounted as a URL would spell it. */
function mountPath(name: string): string {
  return new URL(`http://mount/${name}`).pathname.toLowerCase();
}
