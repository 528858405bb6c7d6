import type { KV } from '@nats-io/kv';

import { openBucket } from '../connection/buckets.js';
import type { Transport } from '../connection/transport.js';

/** The server forgets a node after so long without a report, by its own clock. */
const FORGOTTEN_AFTER_MS = 10_000;

/** Opens the bucket of the nodes' reports, one key for each node. */
export function openNodes(transport: Transport): Promise<KV> {
  return openBucket(transport, 'nodes', { history: 1, ttl: FORGOTTEN_AFTER_MS });
}
