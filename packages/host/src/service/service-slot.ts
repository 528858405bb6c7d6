import type { Service } from './contract.js';
import { jsonResponse } from './json-body.js';
import type { ServiceCounts } from './report.js';

/** Paths that are answered before there is a service: the process is alive, and not ready. */
const HEALTH = /^[^?#]*\/\/[^/]+\/_sandglass\/(health|ready)(?:[?#]|$)/;

/**
 * Stands for a service that is being made, so that a server listens while extensions are loaded.
 */
export class ServiceSlot implements Service {
  #service: Service | undefined;
  #isDraining = false;
  #countUnsent: () => number = () => 0;

  /** Passes requests on to this service from now on. */
  fill(service: Service): void {
    this.#service = service;
    service.countUnsent(this.#countUnsent);
    if (this.#isDraining) service.drain();
  }

  async fetch(request: Request): Promise<Response> {
    if (this.#service) return this.#service.fetch(request);
    const [, asked] = HEALTH.exec(request.url) ?? [];
    if (asked === 'health') return jsonResponse(200, { status: 'ok' });
    if (asked === 'ready') return jsonResponse(503, { status: this.#isDraining ? 'draining' : 'starting' });
    const errors = [{ message: 'The service is starting.', extensions: { code: 'SERVICE_UNAVAILABLE' } }];
    return jsonResponse(503, { errors }, { 'retry-after': '1' });
  }

  drain(): void {
    this.#isDraining = true;
    this.#service?.drain();
  }

  countUnsent(count: () => number): void {
    this.#countUnsent = count;
    this.#service?.countUnsent(count);
  }

  get counts(): ServiceCounts {
    return this.#service?.counts ?? { responses: new Map(), inFlight: 0, refused: 0 };
  }
}
