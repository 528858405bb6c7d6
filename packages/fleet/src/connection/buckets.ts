import { jetstream, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { type KV, type KvEntry, type KvOptions, Kvm } from '@nats-io/kv';
import { type ObjectStore, Objm } from '@nats-io/obj';

import { ask, type Transport } from './transport.js';

/**
 * Opens a bucket of keys, made if missing. A node whose credentials do not allow that needs an
 * operator to have connected before.
 *
 * @param name without the fleet's prefix.
 * @throws {SandglassError} `E_FLEET`, or `E_FLEET_DENIED`.
 */
export async function openBucket(transport: Transport, name: string, options: Partial<KvOptions> = {}): Promise<KV> {
  const { prefix, timeoutMs } = transport;
  const bucket = `${prefix}_${name}`;
  return ask(`Cannot open the bucket "${bucket}"`, async () => {
    const kvm = new Kvm(jetstream(transport.connection, { timeout: timeoutMs }));
    if (await hasStream(transport, `KV_${bucket}`)) return kvm.open(bucket, { allow_direct: true });
    return kvm.create(bucket, { allow_direct: true, ...options });
  });
}

/** Opens a bucket of objects, made if missing. @throws {SandglassError} as {@link openBucket}. */
export async function openObjects(transport: Transport, name: string): Promise<ObjectStore> {
  const { prefix, timeoutMs } = transport;
  const bucket = `${prefix}_${name}`;
  return ask(`Cannot open the bucket "${bucket}"`, async () => {
    const objm = new Objm(jetstream(transport.connection, { timeout: timeoutMs }));
    return (await hasStream(transport, `OBJ_${bucket}`)) ? objm.open(bucket) : objm.create(bucket);
  });
}

/**
 * What a bucket has now. The server is asked for its subjects: the client's own list of keys waits
 * for as many as there were when it began, and for ever if one is written again meanwhile.
 */
export async function entriesOf(transport: Transport, bucket: KV): Promise<KvEntry[]> {
  const { streams } = await transport.streams();
  const name = (await bucket.status()).bucket;
  const { state } = await streams.info(`KV_${name}`, { subjects_filter: '>' });
  const keys = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(`$KV.${name}.`.length));
  const found = await Promise.all(keys.map((key) => bucket.get(key)));
  return found.filter((entry) => entry !== null);
}

/** Whether there is a stream of that name. */
export async function hasStream(transport: Transport, name: string): Promise<boolean> {
  const { streams } = await transport.streams();
  try {
    await streams.info(name);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return false;
    throw error;
  }
}
