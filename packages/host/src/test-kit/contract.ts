import type { Dispatcher } from 'undici';

import type { AuditEntry, CallOptions, ExtensionInfo, HostOptions } from '../types.js';

/**
 * Options of {@link loadExtension}: those of a host that make sense for one extension on the
 * calling thread.
 */
export interface TestOptions extends Pick<
  HostOptions,
  'capabilities' | 'grant' | 'isolation' | 'limits' | 'nodeEnv' | 'responseHeaders'
> {
  /**
   * Answers requests in place of the network, for example an undici MockAgent. @default one that
   * refuses all
   */
  request?: Dispatcher | undefined;
}

/** What a test sends to a route. */
export interface TestRequest {
  /** @default 'GET' */
  method?: string | undefined;
  headers?: Record<string, string> | undefined;
  /** Sent as JSON. */
  body?: unknown;
}

/** What a route answered. */
export interface TestResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Parsed if it is JSON, else text. */
  body: unknown;
}

/** An extension under test. Every call finds it pristine, as in production. */
export interface TestExtension extends AsyncDisposable {
  readonly info: ExtensionInfo;
  /** Lines it logged with `log`, oldest first. */
  readonly logs: readonly string[];
  /** What it wrote to its console. */
  readonly console: readonly string[];
  /** Delays that it slept, in milliseconds. None of them took any time. */
  readonly sleeps: readonly number[];
  /** Its capability calls, log lines left out. */
  readonly audit: readonly AuditEntry[];
  /**
   * Sends a request to one of its routes.
   *
   * @param path below its mount, query included.
   * @throws {SandglassError} what a client of the service would see as a 500.
   */
  request(path: string, request?: TestRequest): Promise<TestResponse>;
  /** Runs the filters of an event; gives back the payload. */
  filter(event: string, payload: unknown, call?: CallOptions): Promise<unknown>;
  /** Runs the actions of an event. @throws {SandglassError} of the first that failed. */
  action(event: string, meta?: object, call?: CallOptions): Promise<void>;
  /**
   * Resolves when nothing is pending any more of what calls have started and nobody awaits:
   * requests, sleeps, and the promises that wait for them.
   */
  settled(): Promise<void>;
  /** Runs the operation. */
  operation(options?: unknown, call?: CallOptions): Promise<unknown>;
  close(): Promise<void>;
}
