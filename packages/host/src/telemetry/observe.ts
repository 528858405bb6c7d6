import { createRequire } from 'node:module';

import { guardSink } from '../capabilities/audit.js';
import type { AuditEntry, CallEntry, HostOptions } from '../types.js';
import type { TraceCarrier } from './propagation.js';
import { createTracing, type TelemetryApi, type Tracing } from './tracing.js';

/** A variable, so that neither TypeScript nor a bundler insists on the package. */
const API: string = '@opentelemetry/api';

/**
 * Where an SDK registers itself, whatever copy of the package it has: by its major version.
 */
const REGISTRY: symbol = Symbol.for('opentelemetry.js.api.1');

/** `@opentelemetry/api`, which is loaded once there is an SDK: its 45 files slow a start. */
export interface Telemetry {
  /** Whether an SDK has set itself up in this process. */
  isSetUp(): boolean;
  load(): TelemetryApi;
}

/** Where calls and capability calls are told. Absent if nobody listens. */
export interface Observers {
  onCall?: ((entry: CallEntry) => void) | undefined;
  onAudit?: ((entry: AuditEntry) => void) | undefined;
  /** Whether anybody would hear of a call that begins now. Absent if that never changes. */
  isWatched?: (() => boolean) | undefined;
  traces: Traces;
}

/** Spans of this process, whether an SDK is set up yet, or ever. */
export interface Traces {
  /** Undefined until an SDK is set up. */
  tracing(): Tracing | undefined;
  /** See `Tracing`. */
  carry(): TraceCarrier | undefined;
  /** See `Tracing`. Without a carrier, it is only done. */
  within<T>(carrier: TraceCarrier | undefined, run: () => T): T;
}

/** @param telemetry for tests. @default the package, if it is installed */
export function openTraces(telemetry: Telemetry | undefined = findTelemetry()): Traces {
  let known: Tracing | undefined;
  const tracing = (): Tracing | undefined =>
    (known ??= telemetry?.isSetUp() === true ? createTracing(telemetry.load()) : undefined);
  return {
    tracing,
    carry: () => tracing()?.carry(),
    within(carrier, run) {
      const known = carrier && tracing();
      return known ? known.within(carrier, run) : run();
    },
  };
}

/**
 * The sinks for calls and audit entries: the host's own, and spans where `@opentelemetry/api` is
 * installed.
 *
 * @param telemetry for tests. @default the package, if it is installed
 */
export function observe(
  own: Pick<HostOptions, 'onCall' | 'onAudit'>,
  telemetry: Telemetry | undefined = findTelemetry(),
): Observers {
  const traces = openTraces(telemetry);
  const { tracing } = traces;
  return {
    onCall: both(own.onCall, telemetry && ((entry) => tracing()?.onCall(entry))),
    onAudit: both(own.onAudit, telemetry && ((entry) => tracing()?.onAudit(entry))),
    isWatched: own.onCall || !telemetry ? undefined : () => tracing()?.isOn() === true,
    traces,
  };
}

function findTelemetry(): Telemetry | undefined {
  try {
    const require = createRequire(import.meta.url);
    const file = require.resolve(API);
    return { isSetUp: () => REGISTRY in globalThis, load: () => require(file) as TelemetryApi };
  } catch {
    return undefined; // not installed: nothing is traced
  }
}

/** Joins two sinks. An error of one reaches neither the other nor the call. */
function both<Entry>(
  own?: (entry: Entry) => void,
  traced?: (entry: Entry) => void,
): ((entry: Entry) => void) | undefined {
  if (!own || !traced) return own || traced ? guardSink(own ?? traced) : undefined;
  const [tellTraced, tellOwn] = [guardSink(traced), guardSink(own)];
  return (entry) => {
    tellTraced(entry);
    tellOwn(entry);
  };
}
