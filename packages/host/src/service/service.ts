import type { Host } from '../host.js';
import { checkServiceOptions, type CompleteServiceOptions } from '../options/service-options.js';
import { toErrorResponse } from '../routing/error-response.js';
import { factsOf } from '../routing/request-facts.js';
import { splitTarget, toMatchedPath } from '../routing/request-target.js';
import { createCallApi } from './call-api.js';
import { collectCounters } from './collect-counters.js';
import type { Service, ServiceOptions } from './contract.js';
import { inTurns } from './in-turns.js';
import { jsonResponse } from './json-body.js';
import { renderMetrics } from './metrics.js';
import { PROMETHEUS_TYPE } from './prometheus.js';
import { type Reloaded, reloadAll } from './reload-all.js';
import { type MetricsWanted, reportMetrics, type ServiceCounts, type ServiceReport, withFailed } from './report.js';
import { bearsToken, bearsTokenToAct } from './token.js';

/** Everything that is not an endpoint lives below this path. */
export const SERVICE_PREFIX = '/_sandglass';

/** The challenge in an answer to a request without the token. */
const BEARER = 'Bearer realm="sandglass"';

/**
 * Puts health, readiness, metrics, the status page and the routes for operations and hooks beside a
 * host's endpoints.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function createService(host: Host, options: ServiceOptions = {}): Service {
  return new HostService(host, checkServiceOptions(host, options));
}

class HostService implements Service {
  readonly #host: Host;
  readonly #options: CompleteServiceOptions;
  readonly #callApi: ReturnType<typeof createCallApi>;
  readonly #maxConcurrentRequests: number;
  readonly #responses = new Map<number, number>();
  #inFlight = 0;
  #refused = 0;
  #isDraining = false;
  #countUnsent = (): number => 0;

  constructor(host: Host, options: CompleteServiceOptions) {
    this.#host = host;
    this.#options = options;
    const reload = (name?: string): Promise<Reloaded> => options.peers?.reload(name) ?? reloadAll(host, name);
    this.#callApi = createCallApi(host, { maxBodyBytes: options.maxBodyBytes, reload });
    this.#maxConcurrentRequests = options.maxConcurrentRequests;
  }

  get counts(): ServiceCounts {
    return { responses: this.#responses, inFlight: this.#inFlight + this.#countUnsent(), refused: this.#refused };
  }

  drain(): void {
    this.#isDraining = true;
  }

  countUnsent(count: () => number): void {
    this.#countUnsent = count;
  }

  async fetch(request: Request): Promise<Response> {
    const facts = factsOf(request);
    const path = servicePath(request.url);
    const response =
      path === AMBIGUOUS
        ? failure(400, 'INVALID_PATH', 'The path of the request is ambiguous.')
        : await ((path === null ? null : this.#watch(path, request)) ?? this.#serve(path, request));
    if (facts.isTold !== true) response.headers.set('x-request-id', facts.id);
    this.#responses.set(response.status, (this.#responses.get(response.status) ?? 0) + 1);
    if (this.#isDraining) response.headers.set('connection', 'close');
    return response;
  }

  /** @param path null for an endpoint's. */
  async #serve(path: string | null, request: Request): Promise<Response> {
    if (this.#inFlight + this.#countUnsent() >= this.#maxConcurrentRequests) {
      this.#refused += 1;
      return failure(503, 'SERVICE_UNAVAILABLE', 'The service is busy.', { 'retry-after': '1' });
    }
    this.#inFlight += 1;
    try {
      return await (path === null ? this.#host.fetch(request) : this.#call(path, request));
    } catch {
      return toErrorResponse(undefined, factsOf(request).id);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Answers the paths that answer even when the service is full. Null for other paths. */
  #watch(path: string, request: Request): Response | Promise<Response> | null {
    if (request.method !== 'GET' && request.method !== 'HEAD') return null;
    switch (path) {
      case '/health':
        return jsonResponse(200, { status: 'ok' });
      case '/ready':
        return this.#isDraining ? jsonResponse(503, { status: 'draining' }) : jsonResponse(200, { status: 'ready' });
      case '/metrics':
        return this.#metrics(request);
      default:
        return path === '/status' || path.startsWith('/status/')
          ? this.#status(path.slice('/status'.length) + splitTarget(request.url).search, request)
          : null;
    }
  }

  async #metrics(request: Request): Promise<Response> {
    const { peers, metrics, metricsSummaries, metricsToken, token } = this.#options;
    if (!metrics) return notFound();
    const tokens = [metricsToken, token].filter((one) => one !== undefined);
    if (metricsToken !== undefined && !tokens.some((one) => bearsToken(request, one))) return unauthorized(BEARER);
    const host = this.#host;
    const ask = async (wanted: MetricsWanted): Promise<ServiceReport> =>
      peers ? peers.report(wanted) : reportMetrics(host, this.counts, wanted);
    const { stats, ...report } = await ask({ view: 'metrics' });
    const extensions = withFailed(host, report);
    const names = extensions.map(({ name }) => name);
    const counted = { ...stats, extensions: await collectCounters(names, ask) };
    const pieces = renderMetrics({ ...report, stats: counted, extensions, summaries: metricsSummaries });
    return new Response(inTurns(pieces), { headers: { 'content-type': PROMETHEUS_TYPE } });
  }

  #status(target: string, request: Request): Response | Promise<Response> {
    const { status, token } = this.#options;
    if (!status) return notFound();
    if (token !== undefined && !bearsToken(request, token))
      return unauthorized('Basic realm="sandglass", charset="UTF-8"');
    return status.fetch(target, token !== undefined) ?? notFound();
  }

  async #call(path: string, request: Request): Promise<Response> {
    const { token } = this.#options;
    if (token === undefined) return notFound();
    if (!bearsTokenToAct(request, token)) return unauthorized(BEARER);
    return this.#callApi.fetch(path, request) ?? notFound();
  }
}

/** A path that servers may read as one of the service, and that is spelt otherwise. */
const AMBIGUOUS: unique symbol = Symbol('ambiguous');

/**
 * The path below the prefix, or null for a path that belongs to an endpoint. The prefix has one
 * spelling: a proxy that blocks it need not know others.
 */
function servicePath(url: string): string | null | typeof AMBIGUOUS {
  if (!url.includes(SERVICE_PREFIX) && !url.includes('%')) return null;
  const { path } = splitTarget(url);
  if (path.startsWith(SERVICE_PREFIX)) return below(path);
  return below(toMatchedPath(path)) === null ? null : AMBIGUOUS;
}

function below(path: string): string | null {
  const rest = path.startsWith(SERVICE_PREFIX) ? path.slice(SERVICE_PREFIX.length) : null;
  return rest === null || rest === '' || rest.startsWith('/') ? rest : null;
}

function notFound(): Response {
  return failure(404, 'ROUTE_NOT_FOUND', "Route doesn't exist.");
}

function unauthorized(challenge: string): Response {
  return failure(401, 'INVALID_CREDENTIALS', 'Invalid user credentials.', { 'www-authenticate': challenge });
}

/** The shape of every error of an endpoint. */
function failure(status: number, code: string, message: string, headers?: Record<string, string>): Response {
  return jsonResponse(status, { errors: [{ message, extensions: { code } }] }, headers);
}
