import { SandglassError, UNHANDLED_REJECTION } from '@sandglass/core';

import type { Capabilities } from './capabilities/registry.js';
import type { Extension } from './extensions/extension.js';
import { durableCallOf } from './fleet/durable-call.js';
import type { CapabilityCall, CapabilityOptions } from './pool/contract.js';
import { readThrown } from './pool/jobs/call-errors.js';
import type { Traces } from './telemetry/observe.js';
import type { LogEntry } from './types.js';

/**
 * Connects the pool to the capabilities: each call is served with the grant of the very version
 * that makes it.
 *
 * @param version finds a version by its id. Ids come from a worker and may be forged; the pool has
 *   checked that this one belongs to the call.
 * @param traces so that what a handler does is below the span of the call's caller.
 */
export function connectCapabilities(
  capabilities: Capabilities,
  version: (id: number) => Extension | undefined,
  traces: Pick<Traces, 'within'>,
): CapabilityOptions {
  return {
    isEffect: (name) => capabilities.isEffect(name),
    async onCapability(call) {
      const extension = version(call.extensionId);
      if (!extension) throw new SandglassError('E_NOT_FOUND', `No extension has the id ${call.extensionId}`);
      if (call.name === UNHANDLED_REJECTION) return capabilities.log(toWarning(call, extension));
      const durable = durableCallOf(call.context);
      if (durable && capabilities.isEffect(call.name)) await durable.beforeEffect();
      const invoke = (): Promise<unknown> =>
        capabilities.invoke(extension.grant, call.name, call.args, {
          call: { id: call.callId, remainingTimeMs: () => call.remainingTimeMs(), context: call.context },
          ending: call.ending,
          requestId: call.requestId,
        });
      return traces.within(call.trace, invoke);
    },
  };
}

/** The line in the log for a rejection that nobody handled, with the stack in its author's code. */
function toWarning({ callId, args }: CapabilityCall, { name, mapStack }: Extension): LogEntry {
  const line = (text: string): LogEntry => ({ extension: name, callId, level: 'warn', message: text });
  if (args.length === 0) return line('Nobody handled a rejection: its reason cannot be read');
  const reason = readThrown(args[0]);
  if (!(reason instanceof Error)) return line(`Nobody handled a rejection: ${String(reason)}`);
  const stack = mapStack(reason.stack ?? '').trimEnd();
  return line(`Nobody handled a rejection: ${reason.name}: ${reason.message}${stack && `\n${stack}`}`);
}
