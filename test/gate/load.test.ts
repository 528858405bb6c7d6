import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { answer, createGuest, failure, startServer, success } from './harness.js';

const MANY = 1_000;

describe('requests under load', () => {
  test('1,000 requests of one call at once all get their own answer, over a bounded number of connections', async () => {
    await using server = await startServer((socket, head) =>
      socket.write(answer('200 OK', {}, /GET (\S+) HTTP\/1\.1(?![\s\S]*HTTP\/1\.1)/.exec(head)?.[1] ?? '')),
    );
    await using guest = createGuest({
      scopes: { request: { methods: ['GET'], urls: [`http://good.test:${server.port}/*`] } },
    });
    const outcomes = await Promise.all(
      Array.from({ length: MANY }, (_, index) => guest.request(`http://good.test:${server.port}/${index}`)),
    );
    expect(outcomes.map((outcome) => success<{ data: unknown }>(outcome).data)).toEqual(
      Array.from({ length: MANY }, (_, index) => `/${index}`),
    );
    expect(server.connections).toBeLessThanOrEqual(32);
    expect(guest.audits).toHaveLength(MANY);
  });

  test('the end of a call with 1,000 open requests and 1,000 sleeps leaves nothing behind', async () => {
    await using server = await startServer(() => {});
    await using guest = createGuest({
      scopes: { sleep: {}, request: { methods: ['GET'], urls: [`http://good.test:${server.port}/*`] } },
    });
    const requests = Array.from({ length: MANY }, (_, index) =>
      guest.request(`http://good.test:${server.port}/${index}`),
    );
    const sleeps = Array.from({ length: MANY }, () => guest.call('sleep', 20_000));
    while (server.open < 32) await setImmediate();
    guest.ending.fire();
    const outcomes = await Promise.all([...requests, ...sleeps]);
    expect(new Set(outcomes.map((outcome) => failure(outcome).code))).toEqual(new Set(['E_NETWORK', 'E_GUEST']));
    await guest.capabilities.close();
    while (server.open > 0) await setImmediate();
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(20);
  });
});
