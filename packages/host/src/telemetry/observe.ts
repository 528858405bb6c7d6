import { guardSink } from '../capabilities/audit.js';
import type { AuditEntry, CallEntry, HostOptions } from '../types.js';
import { createTracing, type TelemetryApi } from './tracing.js';

/** A variable, so that neither TypeScript nor a bundler insists on the package. */
const API: string = '@opentelemetry/api';

let loading: Promise<TelemetryApi | undefined> | undefined;

/** Where calls and capability calls are told. Absent if nobody listens. */
export interface Observers {
  onCall?: ((entry: CallEntry) => void) | undefined;
  onAudit?: ((entry: AuditEntry) => void) | undefined;
  /** Whether anybody would hear of a call that begins now. Absent if that never changes. */
  isWatched?: (() => boolean) | undefined;
}

/**
 * The sinks for calls and audit entries: the host's own, and spans where `@opentelemetry/api` is
 * installed.
 *
 * @param load for tests. @default imports the package, once per process
 */
export async function observe(
  own: Pick<HostOptions, 'onCall' | 'onAudit'>,
  load: () => Promise<TelemetryApi | undefined> = loadApi,
): Promise<Observers> {
  const api = await load();
  const tracing = api && createTracing(api);
  return {
    onCall: both(own.onCall, tracing?.onCall),
    onAudit: both(own.onAudit, tracing?.onAudit),
    isWatched: own.onCall ? undefined : tracing?.isOn,
  };
}

function loadApi(): Promise<TelemetryApi | undefined> {
  loading ??= import(API).then(
    (api: TelemetryApi) => api,
    () => undefined, // not installed: nothing is traced
  );
  return loading;
}

/** One sink for both, which cannot hurt the call that it hears of, nor one the other. */
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
