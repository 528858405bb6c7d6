import { JsonData } from '@sandglass/core';
import { MockAgent } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CallEnd } from '../../time/call-end.js';
import { countTurns } from '../../time/testing/count-turns.js';
import type { AuditEntry, RequestOptions } from '../../types.js';
import { CapabilityError } from '../error.js';
import { type Capabilities, createCapabilities } from '../registry.js';

const scopes = { request: { urls: ['https://good.test/*'], methods: ['GET', 'POST'] } };
let agent: MockAgent;
let audits: AuditEntry[];
let capabilities: Capabilities;

function create(options: RequestOptions = {}): Capabilities {
  return createCapabilities({
    request: { dispatcher: agent, ...options },
    onAudit: (entry) => void audits.push(entry),
  });
}

interface CallOptions {
  granted?: Record<string, unknown>;
  remainingTimeMs?: number;
  ending?: CallEnd;
}

function request(args: unknown[], options: CallOptions = {}): Promise<unknown> {
  const grant = capabilities.prepare({ name: 'guest', version: '1' }, options.granted ?? scopes);
  const call = { id: 1, remainingTimeMs: () => options.remainingTimeMs ?? 5_000 };
  return capabilities
    .invoke(grant, 'request', args, { call, ending: options.ending ?? new CallEnd() })
    .then((value) => (value instanceof JsonData ? value.value : value));
}

async function errorOf(call: Promise<unknown>): Promise<CapabilityError['wire']> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CapabilityError) return error.wire;
  throw new Error(`Expected a CapabilityError, got ${String(error)}`);
}

const GOOD = 'https://good.test/a';
const EVIL = 'https://evil.test/a';
const PUT_ONLY = { request: { urls: ['*'], methods: ['PUT'] } };

describe('the request capability', () => {
  beforeEach(() => {
    agent = new MockAgent();
    agent.disableNetConnect();
    audits = [];
    capabilities = create();
  });
  afterEach(async () => {
    await capabilities.close();
    await agent.close();
  });

  test.each([
    ['1 the url', [5, 5], {}, 'Request url has to be of type string'],
    ['1 no url', [], {}, 'Request url has to be of type string'],
    ['2 the options', [EVIL, 5], {}, 'Request options has to be of type object'],
    ['2 null options', [EVIL, null], {}, 'Request options has to be of type object'],
    ['2 a function as options', [EVIL, () => {}], {}, 'Request options has to be of type object'],
    ['3 the permission', [EVIL, { method: 5 }], {}, 'No permission to access "request"'],
    ['4 the pattern', [EVIL, { method: 5 }], scopes, `No permission to request "${EVIL}"`],
    ['4 the pattern, on a text that is no URL', ['nonsense'], scopes, 'No permission to request "nonsense"'],
    ['5 the method', [GOOD, { method: 5, body: 5 }], scopes, 'Request method has to be of type string'],
    ['5 a null method', [GOOD, { method: null }], scopes, 'Request method has to be of type string'],
    ['5 the body', [GOOD, { body: 5, headers: 5 }], scopes, 'Request body has to be of type string or object'],
    ['5 a null body', [GOOD, { body: null }], scopes, 'Request body has to be of type string or object'],
    ['5 a function as body', [GOOD, { body: () => {} }], scopes, 'Request body has to be of type string or object'],
    ['5 the headers', [GOOD, { method: 'PUT', headers: 5 }], scopes, 'Request headers has to be of type object'],
    ['5 null headers', [GOOD, { headers: null }], scopes, 'Request headers has to be of type object'],
    [
      '6 the method',
      [GOOD, { method: 'PUT', headers: { 'a b': 1 } }],
      scopes,
      'No permission to use request method "PUT"',
    ],
    ['6 the method’s case', [GOOD, { method: 'get' }], scopes, 'No permission to use request method "get"'],
    ['6 an empty method', [GOOD, { method: '' }], scopes, 'No permission to use request method ""'],
    ['6 GET when none is given', [GOOD, {}], PUT_ONLY, 'No permission to use request method "GET"'],
  ])('check %s', async (_, args, granted, message) => {
    const isScope = message.startsWith('No permission');
    const [name, code] = isScope ? ['Error', 'E_SCOPE'] : ['TypeError', 'E_GUEST'];
    expect(await errorOf(request(args, { granted }))).toEqual({ name, message, code });
    expect(audits).toHaveLength(1);
    expect(audits[0]).toMatchObject({
      capability: 'request',
      decision: code === 'E_SCOPE' ? 'denied' : 'allowed',
      bytes: 0,
    });
  });

  test('inherited options do not count', async () => {
    agent.get('https://good.test').intercept({ path: '/a', method: 'GET' }).reply(200, 'x');
    expect(await request([GOOD, Object.create({ method: 'DELETE' })])).toMatchObject({ data: 'x' });
  });

  test('resolves to exactly status, statusText, headers and data', async () => {
    const headers = { 'content-type': 'text/plain', 'Set-Cookie': ['a=1', 'b=2'], 'X-List': ['1', '2'] };
    agent.get('https://good.test').intercept({ path: '/a?q=%C3%A9', method: 'GET' }).reply(200, '{"x":1}', { headers });
    const response = await request(['https://good.test/a?q=é#part', { unknown: 1 }]);
    expect(response).toEqual({
      status: 200,
      statusText: 'OK',
      headers: { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'], 'x-list': '1, 2' },
      data: '{"x":1}', // the guest parses it
    });
    expect(audits).toEqual([
      {
        extension: 'guest',
        callId: 1,
        capability: 'request',
        target: 'https://good.test/a?q=é#part',
        decision: 'allowed',
        status: 200,
        bytes: 7,
        durationMs: expect.any(Number),
      },
    ]);
  });

  test.each([
    [404, 'ERR_BAD_REQUEST'],
    [400, 'ERR_BAD_REQUEST'],
    [500, 'ERR_BAD_RESPONSE'],
    [503, 'ERR_BAD_RESPONSE'],
    [304, 'ERR_BAD_RESPONSE'],
  ])('status %i rejects with a response as JSON text, without the request’s headers', async (status, code) => {
    const body = status === 304 ? '' : '{"errors":[1]}';
    agent
      .get('https://good.test')
      .intercept({ path: '/a', method: 'POST' })
      .reply(status, body, { headers: { 'x-a': 'b' } });
    const wire = await errorOf(
      request([GOOD, { method: 'POST', body: { a: 1 }, headers: { authorization: 'secret' } }]),
    );
    expect(wire).toMatchObject({
      name: 'Error',
      message: `Request failed with status code ${status}`,
      code: 'E_GUEST',
      properties: { status, code },
    });
    expect(wire.response?.data).toBe(body);
    expect(JSON.parse(wire.response?.head ?? '')).toEqual({
      status,
      statusText: expect.any(String),
      headers: { 'x-a': 'b' },
    });
    expect(JSON.stringify(wire)).not.toContain('secret');
    expect(audits).toMatchObject([
      { decision: 'allowed', status, reason: `Request failed with status code ${status}` },
    ]);
  });

  test.each([204, 201, 299])('status %i resolves', async (status) => {
    agent.get('https://good.test').intercept({ path: '/a', method: 'GET' }).reply(status, '');
    expect(await request([GOOD])).toMatchObject({ status, data: '' });
  });

  test('one deadline, bounded by what is left of the call', async () => {
    agent.get('https://good.test').intercept({ path: '/a', method: 'GET' }).reply(200, 'late').delay(60_000);
    const wire = { code: 'E_NETWORK', properties: { code: 'ETIMEDOUT' } };
    expect(await errorOf(request([GOOD], { remainingTimeMs: 5 }))).toMatchObject({
      ...wire,
      message: 'Request to "good.test" failed: no answer within 5 ms',
    });
    capabilities = create({ timeoutMs: 6 });
    agent.get('https://good.test').intercept({ path: '/a', method: 'GET' }).reply(200, 'late').delay(60_000);
    expect(await errorOf(request([GOOD]))).toMatchObject({
      ...wire,
      message: 'Request to "good.test" failed: no answer within 6 ms',
    });
  });

  test('the end of the call ends the request', async () => {
    const ending = new CallEnd();
    agent.get('https://good.test').intercept({ path: '/a', method: 'GET' }).reply(200, 'late').delay(60_000);
    const ended = errorOf(request([GOOD], { ending }));
    ending.fire();
    expect(await ended).toMatchObject({ code: 'E_NETWORK' });
    expect(audits).toHaveLength(1);
  });

  test.each([
    [{ timeoutMs: 0 }, RangeError],
    [{ timeoutMs: Number.NaN }, RangeError],
    [{ maxResponseBytes: -1 }, RangeError],
    [{ maxRedirects: 1.5 }, RangeError],
    [{ denyAddresses: ['evil'] }, TypeError],
  ])('options out of range are refused at once: %j', (options, type) => {
    expect(() => create(options)).toThrow(type);
  });

  test('a long response is read in turns of the event loop', async () => {
    const turnsUntilRead = async (body: string): Promise<number> => {
      agent.get('https://good.test').intercept({ path: '/a' }).reply(200, body);
      const [turns] = await countTurns(() => request([GOOD]));
      return turns;
    };
    await turnsUntilRead('x'); // the first one loads things
    const short = await turnsUntilRead('x');
    expect(await turnsUntilRead('x'.repeat(100_000))).toBeGreaterThanOrEqual(short + 3);
  });
});
