import { jetstream, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { type KV, type KvOptions, Kvm } from '@nats-io/kv';
import { type ObjectStore, Objm } from '@nats-io/obj';

import { toFleetError, type Transport } from './transport.js';

/**
 * Opens a bucket of keys, made if missing: whoever may not make one needs somebody who may to have
 * come first.
 *
 * @param name without the fleet's prefix.
 * @throws {SandglassError} `E_FLEET`, or `E_FLEET_DENIED`.
 */
export async function openBucket(transport: Transport, name: string, options: Partial<KvOptions> = {}): Promise<KV> {
  const { prefix, timeoutMs } = transport;
  const bucket = `${prefix}_${name}`;
  try {
    const kvm = new Kvm(jetstream(transport.connection, { timeout: timeoutMs }));
    if (await hasStream(transport, `KV_${bucket}`)) return await kvm.open(bucket, { allow_direct: true });
    return await kvm.create(bucket, { allow_direct: true, ...options });
  } catch (error) {
    throw toFleetError(error, `Cannot open the bucket "${bucket}"`);
  }
}

/** Opens a bucket of objects, made if missing. @throws {SandglassError} as {@link openBucket}. */
export async function openObjects(transport: Transport, name: string): Promise<ObjectStore> {
  const { prefix, timeoutMs } = transport;
  const bucket = `${prefix}_${name}`;
  try {
    const objm = new Objm(jetstream(transport.connection, { timeout: timeoutMs }));
    return await ((await hasStream(transport, `OBJ_${bucket}`)) ? objm.open(bucket) : objm.create(bucket));
  } catch (error) {
    throw toFleetError(error, `Cannot open the bucket "${bucket}"`);
  }
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
