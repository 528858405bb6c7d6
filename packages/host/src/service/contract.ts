import type { Peers, ServiceCounts } from './report.js';
import type { StatusPage } from './status/status-page.js';

/** How a service listens, and what it takes of a connection. */
export interface ServerOptions {
  /** 0 takes a free port. @default 3_000 */
  port?: number | undefined;
  /** Address or name to listen on. @default '127.0.0.1' */
  hostname?: string | undefined;
  /** Open connections; one more is closed at once. 1 to 1_000_000. @default 10_000 */
  maxConnections?: number | undefined;
  /**
   * Bytes of the headers of a request; more is answered with 431. 1_024 to 1_048_576. @default
   * 16_384
   */
  maxHeaderBytes?: number | undefined;
  /** Time for the headers of a request to arrive. 1 to 600_000. @default 10_000 */
  headersTimeoutMs?: number | undefined;
  /** Time for a whole request to arrive. 1 to 600_000. @default 60_000 */
  receiveTimeoutMs?: number | undefined;
  /** How long an idle connection is kept. 1 to 600_000. @default 5_000 */
  keepAliveTimeoutMs?: number | undefined;
  /**
   * Time for a client to read a response; its connection is ended then. 1 to 600_000. @default
   * 60_000
   */
  sendTimeoutMs?: number | undefined;
  /**
   * Bytes of responses that wait for clients to read; beyond it, connections that stand still are
   * ended. 65_536 to 1 TiB. @default 134_217_728
   */
  maxUnsentBytes?: number | undefined;
}

export interface ServiceOptions {
  /**
   * Opens the routes for operations and hooks to requests that bear it. 16 characters or more.
   * @default they are closed
   */
  token?: string | undefined;
  /** Bytes of the body of an operation or a hook. @default 1_048_576 */
  maxBodyBytes?: number | undefined;
  /**
   * Requests that are served at once; one more is answered with 503. Health, readiness, metrics and
   * status always are. @default 1_000
   */
  maxConcurrentRequests?: number | undefined;
  /** Whether there is `/_sandglass/metrics`. @default true */
  metrics?: boolean | undefined;
  /**
   * Whether durations are summaries, as they were, in place of histograms. The next version goes
   * without. @default false
   */
  metricsSummaries?: boolean | undefined;
  /**
   * Only requests that bear it, or `token`, get the metrics. It opens nothing else, so that a
   * scraper need not hold `token`. 16 characters or more. @default all requests get them
   */
  metricsToken?: string | undefined;
  /** Served at `/_sandglass/status`; with a token, to its bearer only. @default none */
  status?: StatusPage | undefined;
  /**
   * The processes that serve the same port: metrics and reloads are of all of them. `sandglass
   * serve --processes` has some. @default this one alone
   */
  peers?: Peers | undefined;
}

/** Answers the requests of `sandglass serve`: a function of a request, whatever server calls it. */
export interface Service {
  /** Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Makes readiness fail, and responses end their connections. */
  drain(): void;
  /** @param count tells how many responses a server has not sent yet: they count as in flight. */
  countUnsent(count: () => number): void;
  readonly counts: ServiceCounts;
}
