import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import type { Outcome } from './harness.js';
import { answer, createGuest, failure, startServer, success } from './harness.js';

const MIB = 1_048_576;

describe('memory of bodies', () => {
  test('responses of one extension hold half of the bytes at the most; another one’s go on, and what ends is given back', async () => {
    const body = Buffer.alloc(MIB - 1);
    const head = answer('200 OK', { 'content-length': String(MIB) }).subarray();
    await using server = await startServer((socket, request) => {
      if (request.includes('GET /small')) socket.write(answer('200 OK', {}, 'x'.repeat(MIB / 2)));
      else socket.write(Buffer.concat([head, body]));
    });
    const scopes = { request: { methods: ['GET'], urls: [`http://good.test:${server.port}/*`] } };
    const request = { maxHeldBytes: 16 * MIB, allowAddresses: ['127.0.0.1'] };
    await using loud = createGuest({ extension: 'loud', scopes, request });
    await using quiet = createGuest({ extension: 'quiet', scopes, capabilities: loud.capabilities });

    const outcomes: Outcome[] = [];
    const pending = Array.from({ length: 32 }, async () => {
      const outcome = await loud.request(`http://good.test:${server.port}/`);
      outcomes.push(outcome);
      return outcome;
    });
    while (outcomes.length < 24) await setImmediate();
    for (const outcome of outcomes) {
      expect(failure(outcome)).toMatchObject({
        code: 'E_QUOTA',
        message: expect.stringMatching(/^Request needs too much memory: .* of 16777216 bytes \(maxHeldBytes\)/),
      });
    }
    expect(success(await quiet.request(`http://good.test:${server.port}/small`))).toMatchObject({ status: 200 });
    loud.ending.fire();
    await Promise.all(pending);
    expect(success(await quiet.request(`http://good.test:${server.port}/small`))).toMatchObject({ status: 200 });
  });

  test('bodies of requests that wait for their turn count as well', async () => {
    await using server = await startServer(() => {});
    await using guest = createGuest({
      scopes: { request: { methods: ['POST'], urls: [`http://good.test:${server.port}/*`] } },
      request: { maxHeldBytes: 8 * MIB, maxRequests: 2, allowAddresses: ['127.0.0.1'] },
    });
    const post = (): Promise<Outcome> =>
      guest.request(`http://good.test:${server.port}/`, { method: 'POST', body: 'x'.repeat(MIB) });
    const pending = [post(), post(), post(), post()];
    expect(failure(await post())).toMatchObject({ code: 'E_QUOTA' });
    guest.ending.fire();
    for (const outcome of await Promise.all(pending)) expect(failure(outcome)).toMatchObject({ code: 'E_NETWORK' });
  });
});
