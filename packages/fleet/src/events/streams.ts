import type { StreamConfig } from '@nats-io/jetstream';

import { hasStream } from '../connection/buckets.js';
import { ask, type Transport } from '../connection/transport.js';

/** JetStream counts nanoseconds. */
export const MS_IN_NS = 1_000_000;
const DAY_MS = 86_400_000;

/** Work that is published again under its id within this time is a duplicate. */
const DEDUPLICATED_FOR_MS = 600_000;
/** How long claims and outcomes are kept: effects of work that waits longer may be done twice. */
export const REMEMBERED_FOR_MS: number = 7 * DAY_MS;
/** The server gives work to another node after so long without a sign of life. */
export const ACK_WAIT_MS = 30_000;

/** Names of the streams of one fleet, and what they take. */
export interface EventStreams {
  work: string;
  dead: string;
  workSubject: string;
  deadSubject: string;
}

export function streamsOf({ prefix }: Pick<Transport, 'prefix'>): EventStreams {
  return {
    work: `${prefix}_work`,
    dead: `${prefix}_dead`,
    workSubject: `${prefix}.work`,
    deadSubject: `${prefix}.dead`,
  };
}

/** Name of the consumer that all nodes share. */
export const CONSUMER = 'nodes';

/**
 * Makes the streams of durable work, if they are missing.
 *
 * @throws {SandglassError} `E_FLEET` or `E_FLEET_DENIED`.
 */
export async function openStreams(transport: Transport): Promise<EventStreams> {
  const names = streamsOf(transport);
  await open(transport, { name: names.work, subjects: [names.workSubject], retention: 'workqueue' });
  await open(transport, { name: names.dead, subjects: [names.deadSubject], retention: 'limits' });
  return names;
}

async function open(transport: Transport, config: Partial<StreamConfig> & { name: string }): Promise<void> {
  await ask(`Cannot open the stream "${config.name}"`, async () => {
    if (await hasStream(transport, config.name)) return;
    const { streams } = await transport.streams();
    const duplicate_window = DEDUPLICATED_FOR_MS * MS_IN_NS;
    await streams.add({ storage: 'file', allow_direct: true, discard: 'new', duplicate_window, ...config });
  });
}
