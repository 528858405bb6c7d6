import { createHost, defineCapability } from '@sandglass/host';
import { Agent, request } from 'undici';
import * as z from 'zod';

// The gate decides inside the host and is not exported.
import { compileRequestScope } from '../../../packages/host/dist/gate/request-scope.js';
import type { Subject } from '../run/subject.js';
import { toOperation } from './host-extension.js';

/** Which decision of a set is taken: the middle one, one of a hundred, the slowest. */
export interface DecisionInput {
  urls: string[];
  patterns: string[];
  quantile: number;
}

/**
 * Each URL is decided so often and its shortest time taken: what interrupts the process is not the
 * gate's.
 */
const REPEATS = 7;
const WARM_UP_MS = 300;

/** Decisions about a set of URLs, each timed alone. */
export function openDecision({ urls, patterns, quantile }: DecisionInput): Subject {
  const gate = compileRequestScope({ urls: patterns, methods: ['GET'] });
  const sample = (): number => {
    const best = urls.map((url) => Math.min(...Array.from({ length: REPEATS }, () => time(() => gate.matchUrl(url)))));
    return best.sort((a, b) => a - b)[Math.ceil(quantile * (best.length - 1))] ?? Number.NaN;
  };
  const end = performance.now() + WARM_UP_MS;
  while (performance.now() < end) sample();
  return { sample };
}

/** How a guest's request gets to a loopback server. */
export interface RoundTripInput {
  url: string;
  through: 'gate' | 'no gate' | 'undici';
  /** Requests at once. */
  inFlight: number;
}

/**
 * One request: with the gate, by a capability that asks undici at once, or by undici without a
 * guest.
 */
export async function openRoundTrip({ url, through, inFlight }: RoundTripInput): Promise<Subject> {
  const dispatcher = new Agent({ pipelining: 1 });
  const fetchPlain = async (target: string): Promise<unknown> => {
    const { statusCode, body } = await request(target, { dispatcher });
    return { status: statusCode, data: await body.json() };
  };
  const many = (one: () => Promise<unknown>): Pick<Subject, 'run' | 'operations'> => ({
    run: inFlight === 1 ? one : () => Promise.all(Array.from({ length: inFlight }, one)),
    operations: inFlight,
  });
  if (through === 'undici') return { ...many(() => fetchPlain(url)), close: () => dispatcher.close() };

  const plain = defineCapability({
    name: 'plain',
    scope: z.object({}),
    args: z.tuple([z.string()]),
    handler: ([target]) => fetchPlain(target),
  });
  const host = await createHost({
    pool: 'inline',
    capabilities: [plain],
    request: { allowAddresses: ['127.0.0.1'] },
  });
  const name = through === 'gate' ? 'request' : 'plain';
  const script = `async function handler({ url }) { const { data } = await ${name}(url); return data; }`;
  const scopes = { request: { methods: ['GET'], urls: PATTERNS.map((path) => new URL(path, url).href) }, plain: {} };
  const extension = toOperation(script, 1, scopes);
  const source = extension.source.replace('log, sleep, request', 'request, plain');
  await host.load({ ...extension, source });
  return {
    ...many(() => host.operation('bench-1', { url })),
    async close() {
      await host.close();
      await dispatcher.close();
    },
  };
}

/** What a scope in the field looks like; the last one matches. */
const PATTERNS = ['/v1/users/*', '/v1/items/*', '/search?q=*', '/*'];

function time(decide: () => unknown): number {
  const start = process.hrtime.bigint();
  decide();
  return Number(process.hrtime.bigint() - start);
}
