import { type Registration, SandglassError } from '@sandglass/core';

import { toMatchedPath } from './request-target.js';
import { MAX_ROUTE_COST, parseRoutePattern, type RoutePattern } from './route-pattern.js';
import { Sequence } from './sequence.js';

/**
 * A longer path is matched by static routes only; it bounds what {@link MAX_ROUTE_COST} stands for.
 */
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

/** What a route may be registered for, and HEAD. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

interface Route {
  method: string;
  pattern: RoutePattern;
  handler: number;
}

interface Mount<Owner> {
  /** The extension's, as it is spelt. */
  name: string;
  owner: Owner;
  /**
   * Routes without wildcards by method and path; the others in `wild`. The index keeps "first
   * registered wins".
   */
  fixed: Map<string, { handler: number; index: number }>;
  wild: (Route & { index: number })[];
}

/**
 * Finds the route of a request among the endpoints, each mounted at `/<package name>`
 * (docs/contract.md §5).
 *
 * Names and paths are compared in the form of {@link toMatchedPath}. The path of a request says how
 * long its mount is, so that no mount covers another: two steps after `/@`, else one.
 */
export class EndpointRouter<Owner> {
  readonly #mounts = new Map<string, Mount<Owner>>();

  /**
   * Mounts an endpoint, in place of one of the same name.
   *
   * @param name of an npm package.
   * @throws {SandglassError} `E_LOAD` for a path that is not supported, or a name that differs in
   *   its case alone from that of another endpoint; nothing changes then.
   */
  mount(name: string, owner: Owner, routes: readonly RouteRegistration[]): void {
    const base = mountPath(name);
    const other = this.#mounts.get(base);
    if (other && other.name !== name)
      throw new SandglassError('E_LOAD', `"${other.name}" is mounted at "${base}" already, and paths have no case`, {
        extension: name,
      });
    const mount: Mount<Owner> = { name, owner, fixed: new Map(), wild: [] };
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
    this.#mounts.set(base, mount);
  }

  /** Does nothing to the mount of another extension. */
  unmount(name: string): void {
    const base = mountPath(name);
    if (this.#mounts.get(base)?.name === name) this.#mounts.delete(base);
  }

  /** Methods that a path answers to, those that {@link find} finds. */
  methods(pathname: string): string[] {
    return METHODS.filter((method) => this.find(method, pathname) !== null);
  }

  /** @param pathname path of a serialised URL. HEAD finds what GET finds. */
  find(method: string, pathname: string): RouteMatch<Owner> | null {
    const path = toMatchedPath(pathname);
    const end = mountEnd(path);
    const mount = this.#mounts.get(path.slice(0, end));
    const handler = mount && findHandler(mount, method === 'HEAD' ? 'GET' : method, path.slice(end) || '/');
    if (handler === undefined) return null;
    return { owner: mount!.owner, handler, mountLength: path.length === pathname.length ? end : mountEnd(pathname) };
  }
}

/** Length of the part of a path that may be a mount: `/name` or `/@scope/name`. */
function mountEnd(path: string): number {
  const first = path.indexOf('/', 1);
  const isScoped = path.startsWith('/@') || path.startsWith('/%40');
  const end = isScoped && first !== -1 ? path.indexOf('/', first + 1) : first;
  return end === -1 ? path.length : end;
}

function findHandler<Owner>(mount: Mount<Owner>, method: string, path: string): number | undefined {
  const fixed =
    mount.fixed.get(method + path) ??
    (path.endsWith('/') && path !== '/' ? mount.fixed.get(method + path.slice(0, -1)) : undefined);
  if (path.length > MAX_MATCHED_LENGTH || mount.wild.length === 0) return fixed?.handler;
  const sequence = new Sequence(path);
  for (const route of mount.wild) {
    if (fixed && fixed.index < route.index) break;
    if (route.method === method && route.pattern.matches(sequence)) return route.handler;
  }
  return fixed?.handler;
}

function mountPath(name: string): string {
  return `/${name.toLowerCase()}`;
}
