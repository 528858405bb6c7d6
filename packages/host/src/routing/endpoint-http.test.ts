import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { encodeValue, JsonData, readAnswer, SandglassError, writeAnswer, type EndpointAnswer } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { type EndpointRequest, readEndpointRequest } from './endpoint-request.js';
import { createResponse, RESPONSE_HEADERS, toEndpointResponse } from './endpoint-response.js';
import type { Conditions } from './entity-tag.js';
import { ClientError, toErrorResponse } from './error-response.js';
import { splitTarget } from './request-target.js';

const read = async (url: string, init: RequestInit = {}, maxBodyBytes = 100): Promise<EndpointRequest> => {
  const request = new Request(`http://host.test:81${url}`, init);
  const read = await readEndpointRequest(request, splitTarget(request.url), '/hello'.length, maxBodyBytes);
  // its body is a text
  return read instanceof JsonData ? (read.value as unknown as EndpointRequest) : read;
};
const json = (body: string, type = 'application/json'): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': type },
});

const coded = (coding: string, body: string | Uint8Array): RequestInit => ({
  method: 'POST',
  body: body as BodyInit,
  headers: { 'content-type': 'application/json', 'content-encoding': coding },
});

/** What the thread makes of a handler's result. */
const toAnswer = (result: unknown): EndpointAnswer => readAnswer(writeAnswer(encodeValue(result), 2_000_000));

const respond = (result: unknown, method = 'POST', conditions: Conditions | null = null): Response =>
  toEndpointResponse(toAnswer(result), {
    allowedHeaders: new Set(RESPONSE_HEADERS),
    method,
    conditions,
    createResponse,
  });

const tagOf = (response: Response): string => response.headers.get('etag') ?? 'none';
const have = (conditions: Partial<Conditions>): Conditions => ({
  ifNoneMatch: null,
  ifModifiedSince: null,
  cacheControl: null,
  ...conditions,
});

describe('an endpoint over HTTP', () => {
  test.each([
    ['/hello', '/'],
    ['/hello/', '/'],
    ['/hello?a=1', '/?a=1'],
    ['/HELLO/A/b%20c?q=%41&q', '/A/b%20c?q=%41&q'],
    ['/hello/x#part', '/x'],
  ])('%s reaches the handler as %s', async (url, expected) => {
    expect((await read(url)).url).toBe(expected);
  });

  test('header names are in lower case, cookies to set an array, the host is there', async () => {
    const headers = new Headers({ 'X-One': '1', Accept: 'a' });
    headers.append('Accept', 'b');
    headers.append('Set-Cookie', 'a=1');
    headers.append('Set-Cookie', 'b=2');
    expect((await read('/hello', { headers })).headers).toEqual({
      'x-one': '1',
      accept: 'a, b',
      'set-cookie': ['a=1', 'b=2'],
      host: 'host.test:81',
    });
  });

  test('a header called __proto__ is data', async () => {
    const { headers } = await read('/hello', { headers: [['__proto__', 'x']] });
    expect(Object.getOwnPropertyDescriptor(headers, '__proto__')?.value).toBe('x');
  });

  test.each([
    ['no body', {}, {}],
    ['JSON', json('{"a":[1]}'), { a: [1] }],
    ['JSON with a byte order mark and a charset', json('\ufeff{"a":1}', 'Application/JSON; charset=utf-8'), { a: 1 }],
    ['a +json type', json('[1]', 'application/vnd.api+json'), [1]],
    ['an empty JSON body', json(''), {}],
    ['a JSON primitive', json('5'), 5],
    ['text', json('{"a":1}', 'text/plain'), {}],
    ['a form', json('a=1', 'application/x-www-form-urlencoded'), {}],
    ['a type that only begins like JSON', json('{}', 'application/jsonp'), {}],
  ])('the body of %s', async (_, init, expected) => {
    expect((await read('/hello', init)).body).toEqual(expected);
  });

  test('a body that is not JSON is the client’s mistake', async () => {
    await expect(read('/hello', json('{'))).rejects.toMatchObject({ status: 400, code: 'INVALID_PAYLOAD' });
  });

  test.each([
    ['nested too deep', json('['.repeat(100_000) + ']'.repeat(100_000)), 400],
    ['nested a little too deep', json(`${'{"a":['.repeat(500)}${']}'.repeat(500)}`), 400],
    ['in a charset that is none of JSON', json('{}', 'application/json; charset=iso-8859-1'), 415],
    ['in a charset that there is not', json('{}', 'application/json; charset="x"'), 415],
    ['not in UTF-8', { ...json(''), body: Buffer.from('{"a":"\xe9"}', 'latin1') }, 400],
    ['in two codings', coded('gzip, br', gzipSync('{}')), 415],
    ['in a coding that is not supported', coded('zstd', '{}'), 415],
    ['not in its coding', coded('gzip', '{"a":1}'), 400],
    ['cut off in its coding', coded('gzip', gzipSync('{"a":1}').subarray(0, 20)), 400],
    ['larger than the limit once inflated', coded('gzip', gzipSync(`"${'x'.repeat(10_000_000)}"`)), 413],
  ])('a body %s is refused with the status of its client’s mistake', async (_, init, status) => {
    await expect(read('/hello', init, 1_000_000)).rejects.toMatchObject({ status });
  });

  test.each([
    ['gzip', coded('gzip', gzipSync('{"a":1}'))],
    ['x-gzip, spelt otherwise', coded(' X-GZIP', gzipSync('{"a":1}'))],
    ['deflate', coded('deflate', deflateSync('{"a":1}'))],
    ['br', coded('br', brotliCompressSync('{"a":1}'))],
    ['identity', coded('identity', '{"a":1}')],
    ['UTF-16', json('', 'application/json; charset=utf-16le'), Buffer.from('{"a":1}', 'utf16le')],
  ])('a body in %s is read', async (_, init, body?: Uint8Array) => {
    expect((await read('/hello', body ? { ...init, body: body as BodyInit } : init)).body).toEqual({ a: 1 });
  });

  test.each([
    ['{"a":"\\\\"}', { a: '\\' }],
    [JSON.stringify({ a: '"['.repeat(2_000) }), { a: '"['.repeat(2_000) }],
    [`${'['.repeat(999)}${']'.repeat(999)}`, expect.any(Array)],
    ['null', null],
  ])('brackets in strings are no nesting', async (text, expected) => {
    expect((await read('/hello', json(text), 10_000)).body).toEqual(expected);
  });

  test('a long body is checked here, and goes to the guest as a text', async () => {
    const text = JSON.stringify({ a: 'x'.repeat(20_000) });
    expect((await read('/hello', json(text), 30_000)).body).toBe(text);
    await expect(read('/hello', json(`${text},`), 30_000)).rejects.toMatchObject({ status: 400 });
  });

  test.each([
    ['announced', { ...json('{}'), headers: { 'content-type': 'application/json', 'content-length': '101' } }],
    ['found while reading', json(JSON.stringify('x'.repeat(99)))],
  ])('a body over the limit, %s, is refused', async (_, init) => {
    await expect(read('/hello', init)).rejects.toMatchObject({ status: 413 });
  });

  test('a body over the limit is not read to its end', async () => {
    let cancelled = false;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(60)),
      cancel: () => void (cancelled = true),
    });
    const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json' } };
    await expect(read('/hello', init as RequestInit)).rejects.toMatchObject({ status: 413 });
    expect(cancelled).toBe(true);
  });

  test('a body of exactly the limit is read', async () => {
    expect((await read('/hello', json(JSON.stringify('x'.repeat(98))))).body).toHaveLength(98);
  });

  test.each([
    ['a string', 'hi <b>', 'hi <b>', 'text/html; charset=utf-8'],
    ['an empty string', '', '', 'text/html; charset=utf-8'],
    ['an object', { a: [1] }, '{"a":[1]}', 'application/json; charset=utf-8'],
    ['an array', [], '[]', 'application/json; charset=utf-8'],
    ['a number', 5, '5', 'application/json; charset=utf-8'],
    ['a boolean', false, 'false', 'application/json; charset=utf-8'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"', 'application/json; charset=utf-8'],
    ['null', null, '', null],
    ['undefined', undefined, '', null],
  ])('a body of %s', async (_, body, text, type) => {
    const response = respond({ status: 201, body });
    expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([201, text, type]);
  });

  test.each([undefined, null, '2000', '99', ' 200', '200\r\nX: y', 199, 600, 200.5, Number.NaN, 1e9, {}, true])(
    'the status %j is an error',
    (status) => {
      expect(() => respond({ status, body: '' })).toThrow(
        expect.objectContaining({ code: 'E_GUEST', message: expect.stringContaining('status') }),
      );
    },
  );

  test.each([undefined, null, 'text', 5])('the result %j is an error', (result) => {
    expect(() => respond(result)).toThrow(expect.objectContaining({ code: 'E_GUEST' }));
  });

  test.each([
    [10n, 'E_CLONE'],
    ['x'.repeat(1_000_000).split(''), 'E_QUOTA'],
  ])('a body that cannot be serialised is an error', (body, code) => {
    expect(() => respond({ status: 200, body })).toThrow(expect.objectContaining({ code }));
  });

  test.each([204, 205, 304])('status %i drops the body', async (status) => {
    const response = respond({ status, body: 'x' });
    expect([response.status, response.body]).toEqual([status, null]);
  });

  test('headers of the allow-list are sent, the others are not', () => {
    const response = respond({
      status: 200,
      body: {},
      headers: {
        'Content-Type': 'text/csv',
        ETag: '"1"',
        'cache-control': ['no-store', 'private'],
        location: null,
        'set-cookie': 'a=1',
        'X-Other': '1',
        __proto__: 1,
      },
    });
    expect([...response.headers]).toEqual([
      ['cache-control', 'no-store, private'],
      ['content-type', 'text/csv'],
      ['etag', '"1"'],
    ]);
  });

  test('a host may allow cookies', () => {
    const response = toEndpointResponse(toAnswer({ status: 200, headers: { 'Set-Cookie': ['a=1', 'b=2'] } }), {
      allowedHeaders: new Set(['set-cookie']),
      method: 'GET',
      createResponse,
    });
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test.each([{ etag: 'a\r\nX: y' }, { etag: {} }, { location: ['ok', 1n] }, { etag: '☃' }])(
    'a header that cannot be sent is an error: %o',
    (headers) => {
      expect(() => respond({ status: 200, headers })).toThrow(expect.objectContaining({ code: 'E_GUEST' }));
    },
  );

  test('HEAD has the headers and no body', () => {
    const response = respond({ status: 200, body: 'ü' }, 'HEAD');
    expect([response.body, response.headers.get('content-length'), response.headers.get('content-type')]).toEqual([
      null,
      '2',
      'text/html; charset=utf-8',
    ]);
  });

  test('a status may be a text', () => {
    expect(respond({ status: '201', body: '' }).status).toBe(201);
  });

  test('what GET and HEAD find has an entity tag of its body; nothing else has', () => {
    const tag = tagOf(respond({ status: 200, body: { a: 1 } }, 'GET'));
    expect(tag).toMatch(/^W\/"7-[0-9a-z]+"$/);
    expect(tagOf(respond({ status: 200, body: { a: 1 } }, 'HEAD'))).toBe(tag);
    expect(tagOf(respond({ status: 200, body: { a: 2 } }, 'GET'))).not.toBe(tag);
    expect(tagOf(respond({ status: 200, body: 1, headers: { etag: '"mine"' } }, 'GET'))).toBe('"mine"');
    for (const [result, method] of [
      [{ status: 200, body: 1 }, 'POST'],
      [{ status: 404, body: 1 }, 'GET'],
      [{ status: 200 }, 'GET'],
      [{ status: 200, body: 'x'.repeat(1_048_577) }, 'GET'],
    ] as const)
      expect(tagOf(respond(result, method))).toBe('none');
  });

  test.each<[string, (tag: string) => Partial<Conditions>, number]>([
    ['its tag', (tag) => ({ ifNoneMatch: tag }), 304],
    ['its tag among others, not weak', (tag) => ({ ifNoneMatch: `"x", ${tag.slice(2)}` }), 304],
    ['any tag', () => ({ ifNoneMatch: '*' }), 304],
    [
      'another tag, and its date',
      () => ({ ifNoneMatch: '"x"', ifModifiedSince: 'Thu, 01 Jan 2026 00:00:00 GMT' }),
      200,
    ],
    ['its date', () => ({ ifModifiedSince: 'Thu, 01 Jan 2026 00:00:00 GMT' }), 304],
    ['an older date', () => ({ ifModifiedSince: 'Thu, 01 Jan 2025 00:00:00 GMT' }), 200],
    ['no date', () => ({ ifModifiedSince: 'never' }), 200],
    ['its tag, and wants no cache', (tag) => ({ ifNoneMatch: tag, cacheControl: 'max-age=0, no-cache' }), 200],
  ])('a client that has %s', async (_, conditions, status) => {
    const result = { status: 200, body: 'x', headers: { 'last-modified': 'Wed, 31 Dec 2025 00:00:00 GMT' } };
    const tag = tagOf(respond(result, 'GET'));
    for (const method of ['GET', 'HEAD']) {
      const response = respond(result, method, have(conditions(tag)));
      expect([response.status, tagOf(response)]).toEqual([status, tag]);
      expect(await response.text()).toBe(status === 200 && method === 'GET' ? 'x' : '');
      expect(response.headers.has('content-type')).toBe(status === 200);
    }
    expect(respond({ status: 201, body: 'x' }, 'POST', have(conditions(tag))).status).toBe(201);
  });

  test.each([
    [new SandglassError('E_GUEST', 'secret'), 500, 'INTERNAL_SERVER_ERROR', 'An unexpected error occurred.'],
    [new TypeError('secret'), 500, 'INTERNAL_SERVER_ERROR', 'An unexpected error occurred.'],
    [new SandglassError('E_NOT_FOUND', 'secret'), 404, 'ROUTE_NOT_FOUND', "Route doesn't exist."],
    [new SandglassError('E_QUEUE_FULL', 'secret'), 503, 'SERVICE_UNAVAILABLE', 'The service is busy or shutting down.'],
    [new SandglassError('E_ABORTED', 'secret'), 499, 'CLIENT_CLOSED_REQUEST', 'The request was aborted.'],
    [new ClientError(413, 'CONTENT_TOO_LARGE', 'Too large.'), 413, 'CONTENT_TOO_LARGE', 'Too large.'],
  ])('%s is answered in the one shape', async (error, status, code, message) => {
    const response = toErrorResponse(error);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/json; charset=utf-8',
    ]);
    expect(await response.json()).toEqual({ errors: [{ message, extensions: { code } }] });
  });
});
