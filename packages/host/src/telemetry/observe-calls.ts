import { isSandglassError, type OutcomeWire, type Registration } from '@sandglass/core';

import type { CallRequest, Pool } from '../pool/contract.js';
import type { CallEntry } from '../types.js';
import type { Observers } from './observe.js';

type Used = Pick<CallEntry, 'callId' | 'cpuTimeMs' | 'heapBytes'>;

/**
 * A pool that tells of every call when it has ended, in the asynchronous context of the call's
 * caller.
 *
 * @param observers without `onCall`, the pool itself is returned: what nobody listens to costs
 *   nothing.
 * @param registrationsOf what an extension registered, by its id in the pool.
 */
export function observeCalls(
  pool: Pick<Pool, 'call' | 'holdResult'>,
  { onCall, isWatched }: Pick<Observers, 'onCall' | 'isWatched'>,
  registrationsOf: (extensionId: number) => readonly Registration[] | undefined,
): Pick<Pool, 'call' | 'holdResult'> {
  if (!onCall) return pool;
  const watch = async (request: CallRequest): Promise<Uint8Array> => {
    const beganMs = performance.now();
    const { extension, handler } = request;
    const used: Used = {};
    const end = (outcome: CallEntry['outcome']): void => {
      const registration = registrationsOf(extension.id)?.find((one) => one.handler === handler);
      const durationMs = performance.now() - beganMs;
      if (registration) onCall({ extension: extension.name, registration, outcome, durationMs, ...used });
    };
    const onOutcome = (outcome: OutcomeWire): void => {
      Object.assign(used, { callId: outcome.callId }, outcome.usage);
      request.onOutcome?.(outcome);
    };
    try {
      const value = await pool.call({ ...request, onOutcome });
      end('ok');
      return value;
    } catch (error) {
      if (!isSandglassError(error)) throw error; // the pool rejects with nothing else
      if (error.callId !== undefined) used.callId = error.callId;
      end(error.code);
      throw error;
    }
  };
  const holdResult = (bytes: number): void => pool.holdResult(bytes);
  return { holdResult, call: (request) => (isWatched?.() === false ? pool.call(request) : watch(request)) };
}
