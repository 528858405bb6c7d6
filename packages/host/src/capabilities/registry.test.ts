import { DEFAULT_LIMITS, SandglassError, parseManifest } from '@sandglass/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';

import type { AuditEntry, LogEntry } from '../types.js';
import { type Capability, defineCapability } from './define.js';
import { CapabilityError } from './error.js';
import { CallEnd } from '../time/call-end.js';
import { type Capabilities, type InvokeContext, createCapabilities } from './registry.js';

const extension = { name: 'guest', version: '1.0.0' };
let audits: AuditEntry[];
let logs: LogEntry[];

function create(custom: readonly Capability[] = []): Capabilities {
  return createCapabilities({
    custom,
    onAudit: (entry) => void audits.push(entry),
    onLog: (entry) => void logs.push(entry),
  });
}

function context(ending: CallEnd = new CallEnd()): InvokeContext {
  return { call: { id: 3, remainingTimeMs: () => DEFAULT_LIMITS.wallTimeMs }, ending };
}

/** The wire of the error that a call must end with. */
async function errorOf(call: Promise<unknown>): Promise<CapabilityError['wire']> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CapabilityError) return error.wire;
  throw new Error(`Expected a CapabilityError, got ${String(error)}`);
}

const readItems = defineCapability({
  name: 'readItems',
  module: 'acme:items',
  scope: z.object({ collections: z.array(z.string()) }),
  args: z.tuple([z.string({ error: 'Collection has to be of type string' }), z.number().optional()]),
  effect: false,
  handler([collection, limit], { scope, audit }) {
    audit({ target: collection, bytes: 5 });
    if (!scope.collections.includes(collection))
      throw new CapabilityError('E_SCOPE', `No permission to read "${collection}"`);
    return { collection, limit };
  },
});

describe('createCapabilities', () => {
  beforeEach(() => {
    audits = [];
    logs = [];
  });

  describe('log', () => {
    test('writes one entry at info level, verbatim, and one audit entry', async () => {
      const capabilities = create();
      const grant = capabilities.prepare(extension, { log: {} });
      expect(await capabilities.invoke(grant, 'log', ['a\x1b\n', 'more'], context())).toBeUndefined();
      expect(logs).toEqual([{ extension: 'guest', callId: 3, level: 'info', message: 'a\x1b\n' }]);
      expect(audits).toEqual([
        {
          extension: 'guest',
          callId: 3,
          capability: 'log',
          target: '',
          decision: 'allowed',
          bytes: 0,
          durationMs: expect.any(Number),
        },
      ]);
    });

    test('checks the scope first, then the type', async () => {
      const capabilities = create();
      const none = capabilities.prepare(extension, {});
      const some = capabilities.prepare(extension, { log: {} });
      expect(await errorOf(capabilities.invoke(none, 'log', [1], context()))).toEqual({
        name: 'Error',
        message: 'No permission to access "log"',
        code: 'E_SCOPE',
      });
      for (const args of [[], [1], [null], [{}], [Symbol('s')], [() => {}]]) {
        expect(await errorOf(capabilities.invoke(some, 'log', args, context()))).toEqual({
          name: 'TypeError',
          message: 'Log message has to be of type string',
          code: 'E_GUEST',
        });
      }
      expect(logs).toEqual([]);
      expect(audits.map(({ decision }) => decision)).toEqual(['denied', ...Array<string>(6).fill('allowed')]);
    });

    test('console output needs no scope, is debug and is not audited', async () => {
      const capabilities = create();
      await capabilities.invoke(capabilities.prepare(extension, {}), 'console', ['hello'], context());
      expect(logs).toEqual([{ extension: 'guest', callId: 3, level: 'debug', message: 'hello' }]);
      expect(audits).toEqual([]);
    });
  });

  describe('sleep', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    test('checks the scope first, then the type', async () => {
      const capabilities = create();
      expect(
        await errorOf(capabilities.invoke(capabilities.prepare(extension, {}), 'sleep', ['x'], context())),
      ).toMatchObject({ message: 'No permission to access "sleep"', code: 'E_SCOPE' });
      const grant = capabilities.prepare(extension, { sleep: {} });
      for (const args of [[], ['1'], [1n], [null], [Symbol('s')], [() => {}]]) {
        expect(await errorOf(capabilities.invoke(grant, 'sleep', args, context()))).toEqual({
          name: 'TypeError',
          message: 'Sleep milliseconds has to be of type number',
          code: 'E_GUEST',
        });
      }
    });

    test.each([0, -5, Number.NaN, -Infinity, Infinity, 2 ** 31])('%s means the shortest wait', async (milliseconds) => {
      const capabilities = create();
      const sleep = capabilities.invoke(
        capabilities.prepare(extension, { sleep: {} }),
        'sleep',
        [milliseconds],
        context(),
      );
      await vi.advanceTimersByTimeAsync(1);
      expect(await sleep).toBeUndefined();
    });

    test('a thousand sleeps share one timer; the end of the call clears them all', async () => {
      const capabilities = create();
      const grant = capabilities.prepare(extension, { sleep: {} });
      const ending = new CallEnd();
      const sleeps = Array.from({ length: 1_000 }, (_, index) =>
        capabilities.invoke(grant, 'sleep', [1_000 + index], context(ending)),
      );
      const settled = Promise.allSettled(sleeps);
      await vi.advanceTimersByTimeAsync(1_100);
      expect(vi.getTimerCount()).toBe(1);
      ending.fire();
      expect(vi.getTimerCount()).toBe(0);
      const states = (await settled).map(({ status }) => status);
      expect(states.filter((status) => status === 'fulfilled')).toHaveLength(101);
      expect(audits).toHaveLength(1_000);
    });

    test('a sleep in a call that is over does not begin', async () => {
      const capabilities = create();
      const ending = new CallEnd();
      ending.fire();
      expect(
        await errorOf(
          capabilities.invoke(capabilities.prepare(extension, { sleep: {} }), 'sleep', [5], context(ending)),
        ),
      ).toMatchObject({ code: 'E_GUEST' });
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  describe('a capability of the host', () => {
    test('is gated, limited and audited like the built-in ones', async () => {
      const capabilities = create([readItems]);
      const grant = capabilities.prepare(extension, { readItems: { collections: ['posts'], extra: 1 } });
      expect(grant.scopes).toEqual({ readItems: { collections: ['posts'] } });
      expect(await capabilities.invoke(grant, 'readItems', ['posts', 2, 'dropped'], context())).toEqual({
        collection: 'posts',
        limit: 2,
      });
      expect(await errorOf(capabilities.invoke(grant, 'readItems', ['users'], context()))).toEqual({
        name: 'Error',
        message: 'No permission to read "users"',
        code: 'E_SCOPE',
      });
      expect(await errorOf(capabilities.invoke(grant, 'readItems', [5], context()))).toEqual({
        name: 'TypeError',
        message: 'Collection has to be of type string',
        code: 'E_GUEST',
      });
      expect(
        await errorOf(capabilities.invoke(capabilities.prepare(extension, {}), 'readItems', [5], context())),
      ).toMatchObject({ message: 'No permission to access "readItems"' });
      expect(audits).toMatchObject([
        { capability: 'readItems', target: 'posts', decision: 'allowed', bytes: 5 },
        { target: 'users', decision: 'denied', reason: 'No permission to read "users"' },
        { target: '', decision: 'allowed', reason: 'Collection has to be of type string' },
        { target: '', decision: 'denied', reason: 'No permission to access "readItems"' },
      ]);
    });

    test('is announced to the sandbox with its module, its grant and its parameters', () => {
      const capabilities = create([readItems]);
      expect(capabilities.wires(capabilities.prepare(extension, { log: {}, readItems: { collections: [] } }))).toEqual([
        {
          name: 'log',
          module: 'directus:api',
          granted: true,
          parameters: 1,
          sync: [{ label: 'Log message', type: 'string' }],
        },
        { name: 'sleep', module: 'directus:api', granted: false, parameters: 1 },
        { name: 'request', module: 'directus:api', granted: false, parameters: 2 },
        { name: 'readItems', module: 'acme:items', granted: true, parameters: 2 },
      ]);
      expect(
        ['log', 'sleep', 'request', 'readItems', 'nothing', '__proto__'].map((name) => capabilities.isEffect(name)),
      ).toEqual([true, false, true, false, false, false]);
    });

    test('an error that is not meant for the guest stays on the host', async () => {
      const secret = new Error('connect postgres://user:secret@10.0.0.1');
      const broken = defineCapability({
        name: 'broken',
        scope: z.object({}),
        args: z.tuple([]),
        handler: () => Promise.reject(secret),
      });
      const capabilities = create([broken]);
      const grant = capabilities.prepare(extension, { broken: {} });
      expect(await errorOf(capabilities.invoke(grant, 'broken', [], context()))).toEqual({
        name: 'Error',
        message: 'Capability "broken" failed',
        code: 'E_GUEST',
      });
      expect(audits).toMatchObject([{ decision: 'allowed', reason: `Capability "broken" failed: ${secret.message}` }]);
    });

    test('a SandglassError of a code for guests reaches the guest, another does not', async () => {
      const codes = ['E_QUOTA', 'E_WORKER_LOST'] as const;
      const failing = defineCapability({
        name: 'failing',
        scope: z.object({}),
        args: z.tuple([z.enum(codes)]),
        handler: ([code]) => {
          throw new SandglassError(code, 'why');
        },
      });
      const capabilities = create([failing]);
      const grant = capabilities.prepare(extension, { failing: {} });
      expect(await errorOf(capabilities.invoke(grant, 'failing', ['E_QUOTA'], context()))).toEqual({
        name: 'Error',
        message: 'why',
        code: 'E_QUOTA',
      });
      expect(await errorOf(capabilities.invoke(grant, 'failing', ['E_WORKER_LOST'], context()))).toEqual({
        name: 'Error',
        message: 'Capability "failing" failed',
        code: 'E_GUEST',
      });
    });

    test('arguments that come to too much end before the schema and the handler see them', async () => {
      const handler = vi.fn<() => string>(() => 'served');
      const inspected = vi.fn<() => boolean>(() => true);
      const args = z.tuple([z.any().check(z.refine(inspected))]);
      const small = defineCapability({ name: 'small', scope: z.object({}), args, handler });
      const large = defineCapability({ name: 'large', scope: z.object({}), args, maxArgumentValues: 2 ** 18, handler });
      const capabilities = create([small, large]);
      const grant = capabilities.prepare(extension, { small: {}, large: {} });
      const call = (name: string, argument: unknown): Promise<unknown> =>
        capabilities.invoke(grant, name, [argument], context());
      const doubled = (levels: number, seed: unknown = 1): unknown =>
        Array.from({ length: levels }).reduce((value) => [value, value], seed);
      const circular: unknown[] = [doubled(10)];
      circular.push(circular);
      const text = 'x'.repeat(1_000);
      for (const argument of [
        doubled(60),
        doubled(16),
        new Map([['a', new Set([doubled(60)])]]),
        doubled(15, text),
        circular,
        Array.from({ length: 1e6 }),
      ]) {
        expect(await errorOf(call('small', argument))).toEqual({
          name: 'Error',
          message: expect.stringMatching(/^Arguments of "small" are too large: over (65536 values|16777216 bytes)/),
          code: 'E_QUOTA',
        });
      }
      expect(inspected).not.toHaveBeenCalled();
      expect(audits).toHaveLength(6);
      const self: unknown[] = [];
      self.push(self);
      for (const argument of [doubled(14), self, new Uint8Array(1e6)])
        expect(await call('small', argument)).toBe('served');
      expect(await call('large', doubled(16))).toBe('served');
    });

    test('two of one name are refused, a built-in one included', () => {
      expect(() => create([readItems, readItems])).toThrow('Two capabilities have the name "readItems"');
      const log = defineCapability({
        name: 'log',
        module: 'acme:log',
        scope: z.object({}),
        args: z.tuple([]),
        handler: () => {},
      });
      expect(() => create([log])).toThrow('Two capabilities have the name "log"');
    });
  });

  describe('the gate', () => {
    test.each(['__proto__', 'toString', 'constructor', 'hasOwnProperty', 'nothing', ''])(
      'denies the unknown capability %j',
      async (name) => {
        const capabilities = create();
        const grant = capabilities.prepare(extension, { log: {}, [name]: {} });
        expect(await errorOf(capabilities.invoke(grant, name, ['x'], context()))).toEqual({
          name: 'Error',
          message: `No permission to access "${name}"`,
          code: 'E_SCOPE',
        });
        expect(audits).toMatchObject([{ capability: name, decision: 'denied' }]);
      },
    );

    test('what guests give is cut in an audit entry', async () => {
      const long = defineCapability({
        name: 'long',
        scope: z.object({}),
        args: z.tuple([z.string()]),
        handler([target], { audit }) {
          audit({ target });
          throw new CapabilityError('E_GUEST', target);
        },
      });
      const capabilities = create([long]);
      const text = 'é'.repeat(1e6);
      await errorOf(capabilities.invoke(capabilities.prepare(extension, { long: {} }), 'long', [text], context()));
      expect(audits).toMatchObject([{ target: text.slice(0, 2_048), reason: text.slice(0, 2_048) }]);
    });

    test('scopes of a prototype are not granted', async () => {
      const capabilities = create();
      // the point of the test
      const grant = capabilities.prepare(extension, Object.create({ log: {} }) as object as Record<string, unknown>);
      expect(await errorOf(capabilities.invoke(grant, 'log', ['x'], context()))).toMatchObject({ code: 'E_SCOPE' });
    });

    test('a grant does not follow the policy’s later changes', () => {
      const capabilities = create();
      const policy = { request: { urls: ['https://x.com/*'], methods: ['GET'] } };
      const grant = capabilities.prepare(extension, policy);
      policy.request.urls.push('*');
      expect(grant.scopes).toEqual({ request: { urls: ['https://x.com/*'], methods: ['GET'] } });
    });

    test('an invalid pattern is refused by the policy’s way and by the manifest’s', () => {
      const capabilities = create();
      const scopes = { request: { urls: ['https://x.com/*', 'https://good.*/*'], methods: ['GET'] } };
      const reason = 'Invalid URL pattern "https://good.*/*"';
      const wrong = { code: 'E_MANIFEST', message: expect.stringContaining(reason) };
      expect(() => capabilities.prepare(extension, scopes)).toThrow(expect.objectContaining(wrong));
      const sandbox = { enabled: true, requestedScopes: scopes };
      const manifest = {
        ...extension,
        'directus:extension': { type: 'endpoint', path: 'a.js', source: 'a.ts', host: '*', sandbox },
      };
      expect(() => parseManifest(manifest, capabilities.scopeSchemas)).toThrow(expect.objectContaining(wrong));
    });

    test('a sink that throws or rejects does not hurt the call', async () => {
      const onAudit = vi.fn<() => void>(() => {
        throw new Error('audit');
      });
      const onLog = vi.fn<() => Promise<void>>(() => Promise.reject(new Error('log')));
      // a host may pass an async function
      const capabilities = createCapabilities({ onAudit, onLog });
      expect(
        await capabilities.invoke(capabilities.prepare(extension, { log: {} }), 'log', ['x'], context()),
      ).toBeUndefined();
      expect([onAudit, onLog].map((sink) => sink.mock.calls.length)).toEqual([1, 1]);
    });
  });
});
