import { splitTarget } from '../routing/request-target.js';
import type { Service } from '../service/contract.js';
import type { Log } from './output/logger.js';

/** A service that logs a line for every request. */
export function withAccessLog(service: Service, log: Log): Service {
  return {
    get counts() {
      return service.counts;
    },
    drain: () => service.drain(),
    countUnsent: (count) => service.countUnsent(count),
    async fetch(request) {
      const beganMs = performance.now();
      const response = await service.fetch(request);
      const durationMs = Math.round((performance.now() - beganMs) * 100) / 100;
      log('info', `${request.method} ${splitTarget(request.url).path}`, { status: response.status, durationMs });
      return response;
    },
  };
}
