import { isDeepStrictEqual } from 'node:util';

import { request } from 'undici';

import { measureRate } from '../run/rate.js';
import type { Subject } from '../run/subject.js';
import type { Workload } from './workload.js';

/** The functions that a guest may use, the same for every peer. */
export interface PeerHost {
  log(message: string): void;
  sleep(milliseconds: number): Promise<void>;
  request(url: string): Promise<{ status: number; data: unknown }>;
}

/** A handler, ready in a sandbox. */
export interface OpenPeer {
  call(argument: unknown): unknown;
  close?(): void | Promise<void>;
}

/** Names a file in `peers/` and how to use it. */
export interface PeerInput {
  adapter: string;
  open: string;
  workload: Workload;
  /**
   * Measures the rate with so many calls in flight. @default the time of one call after the other
   */
  inFlight?: number;
}

const RATE_MS = 150;

type OpenMode = (workload: Workload, host: PeerHost) => Promise<OpenPeer>;

/** Opens a peer and checks its first result, so that nothing wrong is ever measured. */
export async function openPeer({ adapter, open, workload, inFlight }: PeerInput): Promise<Subject> {
  const module = (await import(adapter)) as Record<string, OpenMode | undefined>;
  const mode = module[open];
  if (!mode) throw new TypeError(`The adapter does not export "${open}"`);
  const { call, close } = await mode(workload, HOST);
  const first: unknown = toPlain(await call(workload.argument));
  if (!isDeepStrictEqual(first, workload.expected)) {
    throw new Error(`wrong result: ${JSON.stringify(first)?.slice(0, 120)}`);
  }
  const run = (): unknown => call(workload.argument);
  const closing = close ? { close } : {};
  if (inFlight === undefined) return { run, ...closing };
  await measureRate(run, inFlight, RATE_MS); // warm-up
  return { sample: () => measureRate(run, inFlight, RATE_MS), ...closing };
}

const HOST: PeerHost = {
  log: () => undefined,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  async request(url) {
    const { statusCode, body } = await request(url);
    return { status: statusCode, data: await body.json() };
  },
};

/** Without the prototypes of another realm, which node:vm hands out. */
function toPlain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
