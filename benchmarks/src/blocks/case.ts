import type { ErrorCode, ExtensionSource, Host, HostOptions } from '@sandglass/host';

import type { Service } from '@sandglass/host/service';
import { toManifest } from '../suites/host-extension.js';

/** One input that a guest, a client or an upstream chooses, at its largest. */
export interface Case {
  /** How the host is made; it has one thread unless they say otherwise. */
  options?: HostOptions;
  /**
   * How it may end; anything else means that it did not reach what is measured. @default {@link
   * BOUNDED}
   */
  ends?: readonly CaseEnd[];
  /** Makes it ready. What it returns readies one sample; what that returns is watched. */
  open(bench: Bench): Promise<Ready>;
}

/** Makes what belongs to a client or a caller, and returns what is watched. */
export type Ready = () => () => Promise<unknown>;

export type CaseEnd = 'ok' | ErrorCode;

/** The endings of an input that is served, or refused by a bound. */
export const BOUNDED: readonly CaseEnd[] = ['ok', 'E_QUOTA', 'E_CLONE'];

/** What a case can use. */
export interface Bench {
  host: Host;
  /** A service whose call API wants {@link TOKEN}. */
  service: Service;
  /** Base of a server in a thread of its own; see `upstream.ts`. */
  upstream: string;
}

export const TOKEN = 'a-token-of-some-length';

/** Scopes of every guest here. */
const SCOPES = { log: {}, sleep: {}, request: { methods: ['GET', 'POST'], urls: ['http://127.0.0.1:*/*'] } };

/** Name, operation id, event and mount of the guest of a case. */
const NAME = 'bench';

type Shape = Omit<Case, 'open'> & {
  /** Calls at once. @default 1 */
  times?: number;
  argument?: (bench: Bench) => unknown;
};

/** A guest's operation. @param handler its code, a function */
export function operation(handler: string, { times = 1, argument, ...rest }: Shape = {}): Case {
  return {
    ...rest,
    async open(bench) {
      await bench.host.load(source('operation', `export default { id: '${NAME}', handler: ${handler} };`));
      const given = argument?.(bench);
      return () => () => together(times, () => bench.host.operation(NAME, given));
    },
  };
}

/** A guest's filter. @param handler its code, a function */
export function filter(handler: string, shape: Shape = {}): Case {
  return hook(`({ filter }) => filter('${NAME}', ${handler})`, shape);
}

/** A guest's hooks, one event of which is run. @param register code of a function that registers */
export function hook(register: string, { times = 1, argument, ...rest }: Shape, event: string = NAME): Case {
  return {
    ...rest,
    async open(bench) {
      await bench.host.load(source('hook', `export default ${register};`));
      const given = argument?.(bench) ?? {};
      return () => () => together(times, () => bench.host.filter(event, given));
    },
  };
}

/** A guest's endpoint. @param init makes each request; its URL is below the mount */
export function endpoint(
  register: string,
  { times = 1, ...rest }: Omit<Shape, 'argument'> = {},
  init: () => RequestInit & { path?: string } = () => ({}),
): Case {
  return {
    ...rest,
    async open({ host }) {
      await host.load(source('endpoint', `export default ${register};`));
      const toRequest = (): Request => {
        const { path = '/', ...own } = init();
        return new Request(`http://host/${NAME}${path}`, own);
      };
      return () => {
        const requests = Array.from({ length: times }, toRequest);
        return () => Promise.all(requests.map(async (request) => (await host.fetch(request)).arrayBuffer()));
      };
    },
  };
}

/**
 * What another case loads, called through the service. @param path below the prefix, for example
 * `operations`
 */
export function callApi(path: 'operations' | 'filters', inner: Case, argument: () => unknown = () => ({})): Case {
  return {
    ...inner,
    async open(bench) {
      await inner.open(bench);
      const body = JSON.stringify(argument());
      const init = { method: 'POST', body, headers: { authorization: `Bearer ${TOKEN}` } };
      const url = `http://host/_sandglass/${path}/${NAME}`;
      return () => {
        const request = new Request(url, init);
        return async () => (await bench.service.fetch(request)).arrayBuffer();
      };
    },
  };
}

/**
 * An extension that is loaded, and unloaded again. @param make the source, its map and its
 * manifest's further fields
 */
export function load(
  make: () => { source: string; sourceMap?: string; fields?: object },
  rest: Omit<Case, 'open'> = {},
): Case {
  return {
    ...rest,
    open({ host }) {
      const { fields, ...files } = make();
      const manifest = { ...toManifest(NAME, 'hook', SCOPES), ...fields };
      return Promise.resolve(() => async () => {
        await host.load({ manifest, ...files });
        await host.unload(NAME);
      });
    },
  };
}

/** Names what guests may import. */
const IMPORTS = "import { log, sleep, request } from 'directus:api';\n";

/** An extension of this code. */
export function source(type: 'operation' | 'endpoint' | 'hook', code: string): ExtensionSource {
  return { manifest: toManifest(NAME, type, SCOPES), source: IMPORTS + code };
}

/** Runs something so many times at once. */
export function together(times: number, run: () => Promise<unknown>): Promise<unknown> {
  return Promise.all(Array.from({ length: times }, run));
}
