import { isSandglassError, type OutcomeWire, type SandglassError } from '@sandglass/core';

import type { Extension } from '../extensions/extension.js';
import type { CallRequest } from '../pool/contract.js';
import type { CallEntry } from '../types.js';
import type { Observers } from './observe.js';

type Used = Pick<CallEntry, 'callId' | 'cpuTimeMs' | 'heapBytes'>;

/** Has a pool run a handler of an extension; resolves to its encoded result. */
export type Send = (extension: Extension, request: CallRequest) => Promise<Uint8Array>;

/**
 * Tells of every call when it has ended, in the asynchronous context of the call's caller.
 *
 * @param send rejects with nothing but errors whose stack is mapped.
 * @param observers without `onCall`, `send` itself is returned: what nobody listens to costs
 *   nothing.
 */
export function observeCalls(
  send: Send,
  { onCall, isWatched, traces }: Pick<Observers, 'onCall' | 'isWatched' | 'traces'>,
): Send {
  if (!onCall) return send;
  const watch: Send = async (extension, request) => {
    const beganMs = performance.now();
    const { handler, requestId } = request;
    const used: Used = {};
    const end = (error?: SandglassError): void => {
      const registration = extension.registrations.find((one) => one.handler === handler);
      if (!registration) return;
      const outcome = error?.code ?? 'ok';
      const durationMs = performance.now() - beganMs;
      const told = { ...(requestId !== undefined && { requestId }), ...(error && { error }) };
      onCall({ extension: extension.name, registration, outcome, durationMs, ...used, ...told });
    };
    const onOutcome = (outcome: OutcomeWire): void => {
      Object.assign(used, { callId: outcome.callId }, outcome.usage);
      request.onOutcome?.(outcome);
    };
    try {
      const value = await send(extension, { ...request, onOutcome, trace: traces.carry() });
      end();
      return value;
    } catch (error) {
      if (!isSandglassError(error)) throw error; // the pool rejects with nothing else
      if (error.callId !== undefined) used.callId = error.callId;
      end(error);
      throw error;
    }
  };
  return (extension, request) => (isWatched?.() === false ? send : watch)(extension, request);
}
