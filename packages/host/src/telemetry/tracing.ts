import { describeRegistration } from '../routing/describe-registration.js';
import type { AuditEntry, CallEntry } from '../types.js';
import { carryContext, contextOf, type PropagationApi, type TraceCarrier } from './propagation.js';

/** The part of `@opentelemetry/api` that is used here. */
export interface TelemetryApi extends PropagationApi {
  trace: {
    getTracer(name: string): { startSpan(name: string, options: SpanOptions, context?: unknown): Span };
    /** Until an SDK is set up, the package's own provider, which has nobody to delegate to. */
    getTracerProvider(): { getDelegateTracer?: (name: string) => unknown };
    setSpan(context: unknown, span: Span): unknown;
  };
  SpanKind: { INTERNAL: number; SERVER: number; CLIENT: number };
  SpanStatusCode: { ERROR: number };
}

interface Span {
  setStatus(status: { code: number; message?: string }): unknown;
  end(timeMs: number): void;
}

interface SpanOptions {
  kind: number;
  /** Milliseconds since 1970. */
  startTime: number;
  attributes: Record<string, string | number>;
}

/** A run that a runner did for a call of another host. */
export type RunEntry = Pick<CallEntry, 'extension' | 'outcome' | 'durationMs' | 'cpuTimeMs' | 'heapBytes'>;

/** Turns ended calls and capability calls into spans. */
export interface Tracing {
  /** Whether there is an SDK that takes the spans. One may be set up at any time. */
  isOn(): boolean;
  onCall(entry: CallEntry): void;
  onAudit(entry: AuditEntry): void;
  /** @param carrier of the call that it was done for. */
  onRun(entry: RunEntry, carrier: TraceCarrier): void;
  /** See {@link carryContext}. Undefined without an SDK. */
  carry(): TraceCarrier | undefined;
  /** Does something in a context that came from elsewhere. */
  within<T>(carrier: TraceCarrier, run: () => T): T;
}

/** Name of the tracer. */
const TRACER = 'sandglass';
/**
 * Calls whose capability calls are kept until their own span is made. Late ones of calls long over
 * are dropped.
 */
const MAX_OPEN_CALLS = 10_000;

/**
 * Makes spans: one for each call, below whatever span its caller is in, and one below that for each
 * capability call.
 *
 * A call's span is made when the call is over, from what was measured, so that nothing is traced on
 * the way.
 */
export function createTracing(api: TelemetryApi): Tracing {
  const { trace, context, SpanKind, SpanStatusCode } = api;
  const tracer = trace.getTracer(TRACER);
  const capabilityCalls = new Map<number, { entry: AuditEntry; endMs: number }[]>();

  const startCapabilitySpan = ({ entry, endMs }: { entry: AuditEntry; endMs: number }, parent: unknown): void => {
    const { capability, target, reason, durationMs } = entry;
    const attributes = attributesOfCapabilityCall(entry);
    const kind = target === '' ? SpanKind.INTERNAL : SpanKind.CLIENT;
    const span = tracer.startSpan(
      `sandglass ${capability}`,
      { kind, startTime: endMs - durationMs, attributes },
      parent,
    );
    if (reason !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
    span.end(endMs);
  };

  const isOn = (): boolean => hasSdk(api);
  return {
    isOn,
    onCall(entry) {
      if (!isOn()) return;
      const { callId, registration, outcome, durationMs, background } = entry;
      const endMs = Date.now();
      const attributes = attributesOfCall(entry);
      const suffix = background ? ' (after its answer)' : '';
      // as registered: few names group traces
      const name = `sandglass ${describeRegistration(registration)}${suffix}`;
      const around = context.active();
      const span = tracer.startSpan(
        name,
        { kind: SpanKind.INTERNAL, startTime: endMs - durationMs, attributes },
        around,
      );
      if (outcome !== 'ok') span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
      const parent = trace.setSpan(around, span);
      for (const one of capabilityCalls.get(callId ?? 0) ?? []) startCapabilitySpan(one, parent);
      capabilityCalls.delete(callId ?? 0);
      span.end(endMs);
    },
    onAudit(entry) {
      // a load is no call; a line takes no time
      if (entry.callId < 1 || entry.capability === 'log' || !isOn()) return;
      const known = capabilityCalls.get(entry.callId);
      if (known) return void known.push({ entry, endMs: Date.now() });
      capabilityCalls.set(entry.callId, [{ entry, endMs: Date.now() }]);
      if (capabilityCalls.size > MAX_OPEN_CALLS)
        for (const oldest of capabilityCalls.keys()) return void capabilityCalls.delete(oldest);
    },
    onRun(entry, carrier) {
      if (isOn()) traceRun(api, entry, carrier);
    },
    carry: () => (isOn() ? carryContext(api) : undefined),
    within: (carrier, run) => context.with(contextOf(api, carrier), run),
  };
}

function hasSdk({ trace }: TelemetryApi): boolean {
  const provider = trace.getTracerProvider();
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer(TRACER) !== undefined;
}

function traceRun(api: TelemetryApi, entry: RunEntry, carrier: TraceCarrier): void {
  const { outcome, durationMs } = entry;
  const endMs = Date.now();
  const options = { kind: api.SpanKind.SERVER, startTime: endMs - durationMs, attributes: attributesOfCall(entry) };
  const span = api.trace.getTracer(TRACER).startSpan('sandglass run', options, contextOf(api, carrier));
  if (outcome !== 'ok') span.setStatus({ code: api.SpanStatusCode.ERROR, message: outcome });
  span.end(endMs);
}

function attributesOfCall(entry: RunEntry & Pick<CallEntry, 'callId'>): SpanOptions['attributes'] {
  const { extension, callId, outcome, cpuTimeMs, heapBytes } = entry;
  return {
    'sandglass.extension': extension,
    'sandglass.outcome': outcome,
    ...(callId === undefined ? {} : { 'sandglass.call_id': callId }),
    ...(cpuTimeMs === undefined ? {} : { 'sandglass.cpu_time_ms': cpuTimeMs }),
    ...(heapBytes === undefined ? {} : { 'sandglass.heap_bytes': heapBytes }),
  };
}

function attributesOfCapabilityCall(entry: AuditEntry): SpanOptions['attributes'] {
  const { extension, capability, target, decision, status, bytes } = entry;
  return {
    'sandglass.extension': extension,
    'sandglass.capability': capability,
    'sandglass.decision': decision,
    ...(target === '' ? {} : { 'url.full': target }),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(bytes === 0 ? {} : { 'sandglass.received_bytes': bytes }),
  };
}
