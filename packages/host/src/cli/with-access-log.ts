import type { ServerRequest } from 'srvx';

import { describeRequest, factsOf } from '../routing/request-facts.js';
import { splitTarget } from '../routing/request-target.js';
import type { Service } from '../service/contract.js';
import type { Log } from './output/logger.js';
import { roundMs } from './output/round-ms.js';

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
      const facts = factsOf(request);
      facts.wantsCallId = true;
      const response = await service.fetch(request);
      const durationMs = roundMs(performance.now() - beganMs);
      const { ip: client } = request as ServerRequest; // a server of another kind knows none
      log('info', `${request.method} ${splitTarget(request.url).path}`, {
        ...describeRequest(request),
        ...(facts.callId === undefined ? {} : { callId: facts.callId }),
        ...(client === undefined ? {} : { client }),
        status: response.status,
        durationMs,
      });
      return response;
    },
  };
}
