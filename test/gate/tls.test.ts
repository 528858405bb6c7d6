import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { describe, expect, test } from 'vitest';

import type { BuiltInContext } from '../../packages/host/src/capabilities/built-in-context.js';
import { CapabilityError } from '../../packages/host/src/capabilities/index.js';
import { createRequestCapability } from '../../packages/host/src/capabilities/request/request.js';
import { CallEnd } from '../../packages/host/src/time/call-end.js';
import { answer, lookupTable, startServer } from './harness.js';

// Made for these tests with openssl, valid to 2120: an authority, and certificates of its making
// for one key.
const read = (name: string): string => readFileSync(new URL(`./certificates/${name}.pem`, import.meta.url), 'utf8');
const authority = read('authority');

const serve = (certificate: string, location?: string) =>
  startServer(
    (socket) => socket.write(location === undefined ? answer('200 OK', {}, 'fine') : answer('302 Found', { location })),
    (listener) => createServer({ key: read('key'), cert: read(certificate) }, listener),
  );

/** One request with certificate authorities of the test's own; what it threw, or what it gave. */
async function get(url: string, ca?: string): Promise<unknown> {
  const request = createRequestCapability({ lookup: lookupTable(), allowAddresses: ['127.0.0.1'] }, ca);
  const scope = { methods: ['GET'], urls: [url.replace(/[^/]*$/, '*')] };
  const call = { id: 1, remainingTimeMs: () => 10_000 };
  const ending = new CallEnd();
  const context: BuiltInContext = {
    extension: { name: 'guest', version: '1' },
    call,
    scope,
    signal: ending.signal,
    ending,
    audit: () => {},
  };
  try {
    return await request.capability.handler([url, undefined], context);
  } catch (error) {
    return error;
  } finally {
    await request.close();
  }
}

describe('TLS', () => {
  test('a certificate of a known authority, valid and for the host, is accepted', async () => {
    await using server = await serve('valid');
    expect(await get(`https://good.test:${server.port}/`, authority)).toMatchObject({ status: 200, data: 'fine' });
  });

  test.each([
    ['valid', undefined, 'is of an unknown authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['expired', authority, 'has expired', 'CERT_HAS_EXPIRED'],
    ['wrong-host', authority, 'is for another name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('corpus: TLS: certificate %s, authority %#: refused (%s)', async (certificate, ca, why, code) => {
    await using server = await serve(certificate);
    const error = await get(`https://good.test:${server.port}/`, ca);
    expect(error).toBeInstanceOf(CapabilityError);
    expect(error).toMatchObject({
      wire: {
        code: 'E_NETWORK',
        message: `Request to "good.test:${server.port}" failed: its certificate ${why}`,
        properties: { code },
      },
      cause: { code },
    });
    expect(server.received.join('')).toBe('');
  });

  test('corpus: 302 scheme downgrade: the http hop is refused and sees no connection', async () => {
    await using plain = await startServer((socket) => socket.end(answer('200 OK')));
    await using server = await serve('valid', `http://good.test:${plain.port}/`);
    expect(await get(`https://good.test:${server.port}/`, authority)).toMatchObject({
      wire: { code: 'E_SCOPE', message: `No permission to request "http://good.test:${plain.port}/"` },
    });
    expect(plain.connections).toBe(0);
  });
});
