import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod/mini';

import { createHost, defineCapability, type ExtensionSource, type Host, type HostOptions } from '@sandglass/host';
import type { FleetOperator } from '@sandglass/host/fleet';

import { connectFleet } from '../connect-fleet.js';
import { checkFleetOptions } from '../connection/options.js';
import { openTransport } from '../connection/transport.js';
import { connectOperator } from '../operator/connect-operator.js';
import { hasNatsServer, type NatsServer, startNatsServer } from '../testing/nats-server.js';
import { WorkRecords } from './work-records.js';
import { MS_IN_NS, streamsOf } from './streams.js';

function extension(name: string, type: string, scopes: object, source: string): ExtensionSource {
  const path = type === 'operation' ? { app: 'app.js', api: 'index.js' } : 'index.js';
  const entry = { type, path, source: path, host: '^11.0.0', sandbox: { enabled: true, requestedScopes: scopes } };
  return { manifest: { name, version: '1.0.0', 'directus:extension': entry }, source };
}

/** A hook that writes what it is told into a book outside. */
const BOOKKEEPER = extension(
  'bookkeeper',
  'hook',
  { write: {} },
  `import { write } from 'house:book';
   export default ({ action }) => action('paid', async ({ amount, fail }) => {
     if (fail === 'before') throw new Error('no ink');
     await write(amount);
     if (fail === 'after') throw new Error('the pen broke');
   });`,
);

const ADDER = extension(
  'adder',
  'operation',
  { write: {} },
  `import { write } from 'house:book';
   export default { id: 'add', handler: async ({ a, b }) => { await write(a + b); return { sum: a + b }; } };`,
);

describe.skipIf(!hasNatsServer())('durable work', () => {
  let server: NatsServer;
  let operator: FleetOperator;
  let book: unknown[];

  beforeEach(async () => {
    server = await startNatsServer();
    operator = await connectOperator({ servers: server.url });
    book = [];
  });

  afterEach(async () => {
    await operator.close();
    await server.stop();
  });

  const write = defineCapability({
    name: 'write',
    module: 'house:book',
    scope: z.object({}),
    args: z.tuple([z.unknown()]),
    handler: ([amount]) => void book.push(amount),
  });

  async function node(maxWork = 4, options: HostOptions = {}): Promise<Host> {
    const host = await createHost({
      pool: 'inline',
      capabilities: [write],
      fleet: { servers: server.url, maxWork },
      onError: () => {},
      ...options,
    });
    onTestFinished(() => host.close(0));
    return host;
  }

  test('an event is done by some node, though the one that published it does none', async () => {
    const publisher = await node(0);
    await node();
    await operator.push({ source: BOOKKEEPER });
    await vi.waitFor(() => expect(publisher.handles('paid')).toBe(true));
    const published = await publisher.fleet!.publish('paid', { amount: 7 }, { id: 'bill-1' });
    expect(published).toEqual({ id: 'bill-1', actions: 1, isDuplicate: false });
    await vi.waitFor(() => expect(book).toEqual([7]));
  });

  test('the same event again is one', async () => {
    const host = await node();
    await host.load(BOOKKEEPER);
    await host.fleet!.publish('paid', { amount: 7 }, { id: 'bill-1' });
    expect((await host.fleet!.publish('paid', { amount: 7 }, { id: 'bill-1' })).isDuplicate).toBe(true);
    await host.fleet!.publish('paid', { amount: 8 });
    await vi.waitFor(() => expect(book).toContain(8));
    expect(book.toSorted()).toEqual([7, 8]);
  });

  test('the same event has no second effect, though the server has forgotten its id', async () => {
    const host = await node();
    await host.load(BOOKKEEPER);
    await using transport = await openTransport(checkFleetOptions({ servers: server.url }));
    const { streams } = await transport.streams();
    const { work } = streamsOf(transport);
    await streams.update(work, { duplicate_window: 100 * MS_IN_NS });
    const publish = (): Promise<unknown> => host.fleet!.publish('paid', { amount: 7 }, { id: 'bill-1' });
    await publish();
    await vi.waitFor(() => expect(book).toEqual([7]));
    await vi.waitFor(async () => expect(await publish()).toHaveProperty('isDuplicate', false), { timeout: 10_000 });
    await vi.waitFor(async () => expect((await streams.info(work)).state.messages).toBe(0), { timeout: 10_000 });
    expect(book).toEqual([7]);
    expect(await operator.deadLetters()).toEqual([]);
  });

  test('what fails before any effect is begun again, and given up after five tries', async () => {
    const host = await node();
    await host.load(BOOKKEEPER);
    await host.fleet!.publish('paid', { amount: 7, fail: 'before' }, { id: 'bill-1' });
    await vi.waitFor(async () => expect(await operator.deadLetters()).toHaveLength(1), { timeout: 15_000 });
    const [letter] = await operator.deadLetters();
    expect(letter).toMatchObject({
      number: 1,
      code: 'E_GUEST',
      message: expect.stringContaining('no ink'),
      tries: 5,
      effects: 'none',
      work: { id: 'bill-1/bookkeeper/0', kind: 'action', event: 'paid', meta: { amount: 7 } },
    });
    expect(book).toEqual([]);
  });

  test('what fails after an effect is given up at once, and done again only if an operator asks', async () => {
    const host = await node();
    await host.load(BOOKKEEPER);
    await host.fleet!.publish('paid', { amount: 7, fail: 'after' }, { id: 'bill-1' });
    await vi.waitFor(async () => expect(await operator.deadLetters()).toHaveLength(1));
    expect(await operator.deadLetter(1)).toMatchObject({ code: 'E_GUEST', tries: 1, effects: 'possible' });
    expect(book).toEqual([7]);
    expect(await operator.requeue(1)).toBe('bill-1/bookkeeper/0/again-1');
    await vi.waitFor(() => expect(book).toEqual([7, 7]));
    await expect(operator.deadLetter(1)).rejects.toThrow(
      expect.objectContaining({ code: 'E_NOT_FOUND', message: 'There is no dead letter 1' }),
    );
  });

  test('work whose run was lost after an effect began is a dead letter, not a second effect', async () => {
    const host = await node();
    await host.load(BOOKKEEPER);
    await using transport = await openTransport(checkFleetOptions({ servers: server.url }));
    await (await WorkRecords.open(transport)).claim('bill-1/bookkeeper/0'); // a node died then
    await host.fleet!.publish('paid', { amount: 7 }, { id: 'bill-1' });
    await vi.waitFor(async () => expect(await operator.deadLetters()).toHaveLength(1), { timeout: 15_000 });
    expect(await operator.deadLetter(1)).toMatchObject({
      code: 'E_WORKER_LOST',
      message: 'An earlier run was lost after it had begun effects: they are possible',
      effects: 'possible',
    });
    expect(book).toEqual([]);
    await host.fleet!.publish('paid', { amount: 8 }, { id: 'bill-2', isRepeatable: true });
    await vi.waitFor(() => expect(book).toEqual([8]));
  });

  test('an operation asked twice with one key runs once, and both get its answer', async () => {
    const host = await node();
    await host.load(ADDER);
    const ask = (): Promise<unknown> => host.fleet!.operation('add', { a: 1, b: 2 }, { key: 'order-1' });
    expect(await Promise.all([ask(), ask()])).toEqual([{ sum: 3 }, { sum: 3 }]);
    expect(await ask()).toEqual({ sum: 3 });
    expect(book).toEqual([3]);
  });

  test('requests carry a key that is the same in every run', async () => {
    const keys: unknown[] = [];
    const web = createServer((request, response) => {
      keys.push(request.headers['idempotency-key']);
      response.end('{}');
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void web.close());
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`;
    const source = `import { request } from 'directus:api';
      export default ({ action }) => action('paid', async () => { await request('${url}'); await request('${url}'); });`;
    const host = await node(4, { request: { allowAddresses: ['127.0.0.1'] } });
    await host.load(extension('caller', 'hook', { request: { methods: ['GET'], urls: [`${url}**`, url] } }, source));
    await host.fleet!.publish('paid', {}, { id: 'bill-1' });
    await vi.waitFor(() => expect(keys).toEqual(['bill-1/caller/0-1', 'bill-1/caller/0-2']));
  });

  test('a message that is too large is refused with its size', async () => {
    const host = await node(0);
    await host.load(BOOKKEEPER);
    await expect(host.fleet!.publish('paid', { text: 'x'.repeat(1 << 20) })).rejects.toThrow(
      expect.objectContaining({
        code: 'E_QUOTA',
        message: expect.stringMatching(/^Cannot publish: the message has \d+ bytes, at most 1047552 are taken$/),
      }),
    );
  });

  test('a queue that is full says so', async () => {
    const host = await node(0);
    await host.load(BOOKKEEPER);
    await using transport = await openTransport(checkFleetOptions({ servers: server.url }));
    const { streams } = await transport.streams();
    await streams.update(streamsOf(transport).work, { max_msgs: 1 });
    await host.fleet!.publish('paid', { amount: 1 });
    await expect(host.fleet!.publish('paid', { amount: 2 })).rejects.toThrow(
      expect.objectContaining({ code: 'E_QUEUE_FULL', message: expect.stringContaining('the stream is full') }),
    );
  });

  test('an event that no server takes has a code, and its id may be published again', async () => {
    const host = await node(0, { fleet: { servers: server.url, maxWork: 0, timeoutMs: 500 } });
    await host.load(BOOKKEEPER);
    const publish = (): Promise<unknown> => host.fleet!.publish('paid', { amount: 7 }, { id: 'bill-1' });
    await server.kill();
    await expect(publish()).rejects.toThrow(
      expect.objectContaining({ code: 'E_FLEET', message: expect.stringMatching(/^Cannot publish: /) }),
    );
    await server.start();
    await vi.waitFor(publish, { timeout: 10_000 });
    const other = await node();
    await other.load(BOOKKEEPER);
    await vi.waitFor(() => expect(book).toEqual([7]), { timeout: 10_000 });
  });

  test('what was published while the server went away is there when it is back', async () => {
    const host = await node(0);
    await host.load(BOOKKEEPER);
    await host.fleet!.publish('paid', { amount: 7 });
    await server.kill();
    await server.start();
    const other = await node();
    await other.load(BOOKKEEPER);
    await vi.waitFor(() => expect(book).toEqual([7]), { timeout: 10_000 });
  });

  test('a fleet without a host does no work', async () => {
    await using fleet = await connectFleet({ servers: server.url });
    await expect(fleet.publish('paid')).rejects.toThrow(expect.objectContaining({ code: 'E_CLOSED' }));
  });
});
