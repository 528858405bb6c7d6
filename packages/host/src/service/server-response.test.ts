import { encodeValue, readAnswer, writeAnswer } from '@sandglass/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import { createResponse, toEndpointResponse } from '../routing/endpoint-response.js';
import { createServerResponse, startServer } from './server.js';
import { createService } from './service.js';
import { createFakeHost } from './testing/fake-host.js';

const ALLOWED = new Set(['content-type', 'etag', 'set-cookie']);

/**
 * Starts a server that makes of a result the platform's kind of response, and below `/own` its own
 * kind.
 */
async function start(result: unknown): Promise<string> {
  const answer = (request: Request): Response =>
    toEndpointResponse(readAnswer(writeAnswer(encodeValue(result), 1_000)), {
      allowedHeaders: ALLOWED,
      method: request.method,
      createResponse: request.url.endsWith('/own') ? createServerResponse : createResponse,
    });
  const host = createFakeHost({
    fetch: (request: Request) => Promise.resolve(answer(request)),
  });
  const server = await startServer(createService(host), host, {
    port: 0,
    hostname: '127.0.0.1',
    maxConnections: 10,
    maxHeaderBytes: 4_096,
    headersTimeoutMs: 5_000,
    receiveTimeoutMs: 5_000,
    keepAliveTimeoutMs: 5_000,
  });
  onTestFinished(() => server.close(0));
  return server.url;
}

/**
 * What a client gets, but for its request's id, how the length is told and for a space in the type
 * of a text that has none of its own.
 */
async function receive(url: string, method: string): Promise<unknown> {
  const response = await fetch(url, { method });
  const headers = [...response.headers]
    .filter(([name]) => !/^(?:date|transfer-encoding|content-length|x-request-id)$/.test(name))
    .map(([name, value]) => [name, value.replace('; charset', ';charset')]);
  return { status: response.status, statusText: response.statusText, headers, text: await response.text() };
}

describe('createServerResponse', () => {
  test.each([
    ['an object', { status: 201, body: { a: 'ü' } }],
    ['text', { status: 200, body: '<b>' }],
    ['empty text', { status: 200, body: '' }],
    ['no body', { status: 404 }],
    ['a status without a body', { status: 304, body: 'x', headers: { etag: '"1"' } }],
    ['headers', { status: 200, body: {}, headers: { 'Content-Type': 'text/csv', 'set-cookie': ['a=1', 'b=2'] } }],
    ['a body without a type', { status: 200, body: 'x', headers: { 'content-type': [] } }],
  ])('the server’s own kind of response is received as the platform’s: %s', async (_, result) => {
    const url = await start(result);
    for (const method of ['GET', 'HEAD', 'POST'])
      expect(await receive(`${url}own`, method)).toEqual(await receive(url, method));
  });
});
