/**
 * Types for the source of a sandboxed extension. One line in any of its files brings them in:
 *
 * ```ts
 * /// <reference types="@sandglass/core/guest" />
 * ```
 */
declare module 'directus:api' {
  /**
   * Writes a line to the host's log, at info level. Needs the scope `log`.
   *
   * @throws {TypeError} if the message is no string.
   */
  export function log(message: string): void;

  /** Waits; the time counts towards the call's wall time only. Needs the scope `sleep`. */
  export function sleep(milliseconds: number): Promise<void>;

  /**
   * Sends an HTTP request to a URL that the scope `request` allows. Rejects with a {@link
   * RequestError} for a status outside 2xx.
   */
  export function request<Data = unknown>(url: string, options?: RequestOptions): Promise<RequestResponse<Data>>;

  /** The functions as types, under the names that extensions for Directus import. */
  export type SandboxLogFn = typeof log;
  export type SandboxSleepFn = typeof sleep;
  export type SandboxRequestFn = typeof request;

  export type RequestMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

  export interface RequestOptions {
    /** @default 'GET' */
    method?: RequestMethod;
    /** An object is sent as JSON, or as a form when `content-type` says so; a string as it is. */
    body?: string | object;
    headers?: Record<string, string | number | readonly string[] | null | undefined>;
  }

  export interface RequestResponse<Data = unknown> {
    status: number;
    statusText: string;
    /** Names in lower case; `set-cookie` is an array. */
    headers: Record<string, string | string[]>;
    /** Parsed if it is JSON, whatever its content type says, else text. */
    data: Data;
  }

  /** What `request` rejects with once there was an answer. */
  export interface RequestError extends Error {
    status: number;
    code: string;
    /**
     * A String object: JSON of a {@link RequestResponse}, which `JSON.parse` takes, and its fields
     * as properties.
     */
    response: string & RequestResponse;
  }

  /** A value that survives JSON. */
  export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

  /** What a handler of an endpoint gets. */
  export interface SandboxEndpointRequest<Body = unknown> {
    /** Relative to the extension's mount, query included. */
    url: string;
    /** Names in lower case; `set-cookie` is an array. */
    headers: Record<string, string | string[]>;
    /** The parsed JSON body, `{}` if there is none. */
    body: Body;
  }

  /** What a handler of an endpoint returns. */
  export interface SandboxEndpointResponse {
    /** 200 to 599. */
    status: number;
    /** A string is sent as HTML, null and nothing as no body, anything else as JSON. */
    body?: unknown;
    /** Those that the host allows; others are dropped. */
    headers?: Record<string, string | number | readonly string[] | null | undefined>;
  }

  export type SandboxEndpointHandler = (
    // oxlint-disable-next-line no-explicit-any -- the author says what the body is
    request: SandboxEndpointRequest<any>,
  ) => SandboxEndpointResponse | Promise<SandboxEndpointResponse>;

  /**
   * Registers a handler for a path: static, with `:param`, `*` anywhere, `?` for what may be
   * missing.
   */
  export type SandboxRegisterRoute = (path: string, handler: SandboxEndpointHandler) => void;

  /** What the default export of an endpoint gets. */
  export interface SandboxEndpointRouter {
    get: SandboxRegisterRoute;
    post: SandboxRegisterRoute;
    put: SandboxRegisterRoute;
    patch: SandboxRegisterRoute;
    delete: SandboxRegisterRoute;
  }

  /** The default export of an endpoint. */
  export type SandboxEndpoint = (router: SandboxEndpointRouter) => void | Promise<void>;

  /** Returns the payload to go on with; nothing keeps the one it got; a throw refuses. */
  // oxlint-disable-next-line no-explicit-any -- the author says what the event carries
  export type SandboxFilterHandler<Payload = any> = (payload: Payload) => unknown;

  /** What a handler of an action gets: the event's name beside what the event carries. */
  export type SandboxActionMeta = { event: string } & Record<string, unknown>;

  export type SandboxActionHandler = (meta: SandboxActionMeta) => unknown;

  /**
   * What the default export of a hook gets. Events may hold `*` for one name and `**` for any
   * number of them.
   */
  export interface SandboxHookRegister {
    filter(event: string, handler: SandboxFilterHandler): void;
    action(event: string, handler: SandboxActionHandler): void;
  }

  /** The default export of a hook. */
  export type SandboxHook = (register: SandboxHookRegister) => void | Promise<void>;

  /** The default export of an operation. */
  // oxlint-disable-next-line no-explicit-any -- the author says what the options are
  export interface SandboxOperation<Options = any> {
    id: string;
    /** The result has to survive JSON. */
    handler: (options: Options) => unknown;
  }
}
