import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';

import { connectFleet } from '../../packages/fleet/src/connect-fleet.js';
import { hasNatsServer } from '../../packages/fleet/src/testing/nats-server.js';
import { defineCapability } from '../../packages/host/src/capabilities/define.js';
import { createHost, type Host } from '../../packages/host/src/host.js';
import { packageJson } from '../conformance/bench.js';
import { openFleet, type TestFleet } from './open-fleet.js';

const OPERATION = {
  manifest: packageJson('asker', 'operation', { tell: {} }),
  source: `import { tell } from 'house:tell';
    export default { id: 'ask', handler: async ({ word }) => { await tell(word); return word; } };`,
};
const HOOK = {
  manifest: packageJson('listener', 'hook', { tell: {} }),
  source: `import { tell } from 'house:tell';
    export default ({ action }) => action('said', async ({ word }) => { await tell(word); });`,
};

describe.skipIf(!hasNatsServer())('the trace of a call', () => {
  const exporter = new InMemorySpanExporter();
  let fleet: TestFleet;
  /** By word, the trace that the handler of the capability was in. */
  let told: Map<string, string | undefined>;

  beforeEach(async () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    told = new Map();
    fleet = await openFleet();
  });

  afterEach(async () => {
    await fleet[Symbol.asyncDispose]();
    exporter.reset();
    for (const api of [trace, context, propagation]) api.disable();
  });

  const tell = defineCapability({
    name: 'tell',
    module: 'house:tell',
    scope: z.object({}),
    args: z.tuple([z.string()]),
    handler: ([word]) => void told.set(word, trace.getActiveSpan()?.spanContext().traceId),
  });

  /** Does something in a span of its own. */
  async function inSpan(run: () => Promise<unknown>): Promise<{ traceId: string; spanId: string }> {
    return trace.getTracer('test').startActiveSpan('caller', async (span) => {
      await run();
      span.end();
      return span.spanContext();
    });
  }

  const spansOf = (traceId: string, name: string): ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.name === name && span.spanContext().traceId === traceId);

  test('goes to the runner, and to the handlers of its capability calls', async () => {
    await fleet.startRunner('one');
    const host = await fleet.openHost({ capabilities: [tell] });
    await host.load(OPERATION);
    const [one, two] = await Promise.all(['one', 'two'].map((word) => inSpan(() => host.operation('ask', { word }))));
    expect(Object.fromEntries(told)).toEqual({ one: one?.traceId, two: two?.traceId });
    for (const caller of [one!, two!]) {
      const [run, ...more] = spansOf(caller.traceId, 'sandglass run');
      expect(more).toEqual([]);
      expect(run?.parentSpanContext).toMatchObject({ spanId: caller.spanId, isRemote: true });
      expect(run?.attributes).toMatchObject({ 'sandglass.extension': 'asker', 'sandglass.outcome': 'ok' });
      const [call] = spansOf(caller.traceId, 'sandglass operation ask');
      const [capability] = spansOf(caller.traceId, 'sandglass tell');
      expect(capability?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
    }
  });

  test('that has none is told to nobody', async () => {
    await fleet.startRunner('one');
    const host = await fleet.openHost({ capabilities: [tell] });
    await host.load(OPERATION);
    await host.operation('ask', { word: 'alone' });
    expect(told.get('alone')).toBeUndefined();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).not.toContain('sandglass run');
  });

  test('goes with durable work to whoever runs it', async () => {
    const owner = async (maxWork: number): Promise<Host> => {
      const joined = await connectFleet({ servers: fleet.server.url, maxWork });
      const host = await createHost({ pool: 'inline', capabilities: [tell], fleet: joined, onError: () => {} });
      fleet.after(() => host.close(0).then(() => joined.close()));
      await host.load(HOOK);
      return host;
    };
    const [publisher] = [await owner(0), await owner(4)];
    const { traceId, spanId } = await inSpan(() => publisher.fleet!.publish('said', { word: 'later' }));
    await vi.waitFor(() => expect(told.get('later')).toBe(traceId));
    await vi.waitFor(() => {
      const [call] = spansOf(traceId, 'sandglass action said');
      expect(call?.parentSpanContext).toMatchObject({ spanId, isRemote: true });
    });
  });
});
