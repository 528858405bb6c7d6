import { describe, expect, test } from 'vitest';

import { createHost } from '../host.js';
import type { AuditEntry, CallEntry } from '../types.js';
import { observe, type Telemetry } from './observe.js';
import { createTracing, type TelemetryApi } from './tracing.js';

interface FakeSpan {
  name: string;
  parent: unknown;
  startMs: number;
  endMs: number;
  attributes: Record<string, string | number>;
  status: { code: number; message?: string } | undefined;
}

type Provider = ReturnType<TelemetryApi['trace']['getTracerProvider']>;

function fakeApi(provider: Provider = {}): { api: TelemetryApi; spans: FakeSpan[] } {
  const spans: FakeSpan[] = [];
  const api: TelemetryApi = {
    SpanKind: { INTERNAL: 0, SERVER: 1, CLIENT: 2 },
    SpanStatusCode: { ERROR: 2 },
    ROOT_CONTEXT: 'root',
    context: { active: () => 'caller', with: (_context, run) => run() },
    propagation: {
      inject: (context, carrier) => void (carrier['traceparent'] = String(context)),
      extract: (_context, carrier) => carrier['traceparent'],
    },
    trace: {
      getTracerProvider: () => provider,
      setSpan: (_context, span) => span,
      getTracer: () => ({
        startSpan(name, { startTime, attributes }, parent) {
          const span: FakeSpan = { name, parent, startMs: startTime, endMs: 0, attributes, status: undefined };
          spans.push(span);
          const handle = {
            setStatus: (status: FakeSpan['status'] & {}) => (span.status = status),
            end: (timeMs: number) => (span.endMs = timeMs),
          };
          return Object.assign(handle, { span });
        },
      }),
    },
  };
  return { api, spans };
}

/** Telemetry whose SDK has registered. */
const setUp = (api: TelemetryApi): Telemetry => ({ isSetUp: () => true, load: () => api });

const CALL: CallEntry = {
  extension: 'hello',
  callId: 7,
  registration: { type: 'route', method: 'GET', path: '/x', handler: 0 },
  outcome: 'ok',
  durationMs: 20,
  cpuTimeMs: 3,
};
const AUDIT: AuditEntry = {
  extension: 'hello',
  callId: 7,
  capability: 'request',
  target: 'https://a.test/',
  decision: 'allowed',
  status: 200,
  bytes: 5,
  durationMs: 10,
};

describe('createTracing', () => {
  test('makes a span for a call below its caller, and one below that for each capability call', () => {
    const { api, spans } = fakeApi();
    const { onCall, onAudit } = createTracing(api);
    onAudit(AUDIT);
    onCall(CALL);
    const [call, capability] = spans as [FakeSpan, FakeSpan];
    expect(call).toMatchObject({
      name: 'sandglass GET /x',
      parent: 'caller',
      status: undefined,
      attributes: { 'sandglass.extension': 'hello', 'sandglass.outcome': 'ok', 'sandglass.cpu_time_ms': 3 },
    });
    expect(call.endMs - call.startMs).toBe(20);
    expect(capability).toMatchObject({
      name: 'sandglass request',
      parent: { span: call },
      attributes: { 'url.full': 'https://a.test/', 'http.response.status_code': 200 },
    });
    expect(capability.endMs - capability.startMs).toBe(10);
  });

  test('marks what failed', () => {
    const { api, spans } = fakeApi();
    const { onCall, onAudit } = createTracing(api);
    onAudit({ ...AUDIT, decision: 'denied', reason: 'No permission' });
    onCall({ ...CALL, outcome: 'E_SCOPE' });
    expect(spans.map(({ status }) => status)).toEqual([
      { code: 2, message: 'E_SCOPE' },
      { code: 2, message: 'No permission' },
    ]);
  });

  test('makes the span of a run below the call that it was done for, on another host', () => {
    const { api, spans } = fakeApi();
    const { carry, onRun } = createTracing(api);
    onRun({ extension: 'hello', outcome: 'E_CPU', durationMs: 5, cpuTimeMs: 3 }, carry()!);
    expect(spans).toEqual([
      expect.objectContaining({
        ...{ name: 'sandglass run', parent: 'caller', status: { code: 2, message: 'E_CPU' } },
        attributes: { 'sandglass.extension': 'hello', 'sandglass.outcome': 'E_CPU', 'sandglass.cpu_time_ms': 3 },
      }),
    ]);
  });

  test('carries nothing until an SDK is set up', () => {
    const { api } = fakeApi({ getDelegateTracer: () => undefined });
    expect(createTracing(api).carry()).toBeUndefined();
  });

  test('keeps the capability calls of one call apart from those of another, and drops those of a load', () => {
    const { api, spans } = fakeApi();
    const { onCall, onAudit } = createTracing(api);
    onAudit({ ...AUDIT, callId: 8 });
    onAudit({ ...AUDIT, callId: -1 });
    onCall(CALL);
    expect(spans).toHaveLength(1);
    onCall({ ...CALL, callId: 8 });
    expect(spans).toHaveLength(3);
  });

  test('makes no span and keeps nothing until an SDK is set up', () => {
    const provider: Provider = { getDelegateTracer: () => undefined };
    const { api, spans } = fakeApi(provider);
    const { onCall, onAudit, isWatched } = observe({}, setUp(api));
    expect(isWatched!()).toBe(false);
    onAudit!(AUDIT);
    onCall!(CALL);
    expect(spans).toEqual([]);
    provider.getDelegateTracer = () => ({});
    expect(isWatched!()).toBe(true);
    onCall!(CALL);
    expect(spans.map(({ name }) => name)).toEqual(['sandglass GET /x']);
  });

  test('watches every call for a host that listens, whether spans are made or not', () => {
    const { api } = fakeApi({ getDelegateTracer: () => undefined });
    const { isWatched } = observe({ onCall: () => {} }, setUp(api));
    expect(isWatched).toBeUndefined();
  });

  test('loads nothing while there is no SDK', () => {
    const missing = { isSetUp: () => false, load: () => expect.unreachable() };
    expect(observe({}, missing).isWatched!()).toBe(false);
  });

  test('tells both the host and the spans', () => {
    const { api, spans } = fakeApi();
    const told: CallEntry[] = [];
    const { onCall } = observe({ onCall: (entry) => told.push(entry) }, setUp(api));
    onCall!(CALL);
    expect([told.length, spans.length]).toEqual([1, 1]);
  });

  test('tells onCall of every call of a host', async () => {
    const calls: CallEntry[] = [];
    await using host = await createHost({ pool: 'inline', onCall: (entry) => calls.push(entry), onError: () => {} });
    const source =
      "export default ({ filter }) => { filter('a', (x) => x); filter('b', () => { throw new Error('no'); }); };";
    const extension = { type: 'hook', path: 'index.js', source: 'index.js', host: '*', sandbox: { enabled: true } };
    await host.load({ manifest: { name: 'hooked', version: '1.0.0', 'directus:extension': extension }, source });
    await host.filter('a', 1);
    await host.filter('b', 1).catch(() => {});
    expect(
      calls.map(({ extension: name, registration, outcome }) => [
        name,
        registration.type === 'filter' && registration.event,
        outcome,
      ]),
    ).toEqual([
      ['hooked', 'a', 'ok'],
      ['hooked', 'b', 'E_GUEST'],
    ]);
    expect(calls.every(({ durationMs }) => durationMs > 0)).toBe(true);
  });

  test('sinks that throw or reject hurt neither each other nor the call', () => {
    const told: string[] = [];
    const broken = fakeApi().api;
    broken.context.active = () => {
      told.push('span');
      throw new Error('no context');
    };
    const { onCall, onAudit } = observe(
      {
        onCall: () => {
          told.push('own');
          throw new Error('the sink is full');
        },
        onAudit: (async () => Promise.reject(new Error('the sink is gone'))) as () => void,
      },
      setUp(broken),
    );
    onAudit?.(AUDIT);
    onCall?.(CALL);
    expect(told).toEqual(['span', 'own']);
  });
});
