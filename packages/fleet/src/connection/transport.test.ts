import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { FleetOptions } from '@sandglass/host/fleet';
import { createUser } from '@nats-io/nkeys';
import { describe, expect, onTestFinished, test } from 'vitest';

import { hasNatsServer, type NatsServer, type NatsServerOptions, startNatsServer } from '../testing/nats-server.js';
import { checkFleetOptions } from './options.js';
import { openTransport, type Transport } from './transport.js';

async function start(options?: NatsServerOptions): Promise<NatsServer> {
  const server = await startNatsServer(options);
  onTestFinished(() => server.stop());
  return server;
}

async function open(options: FleetOptions): Promise<Transport> {
  const transport = await openTransport(checkFleetOptions(options));
  onTestFinished(() => transport.close());
  return transport;
}

async function file(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-fleet-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'secret'), content);
  return join(folder, 'secret');
}

/** Resolves when the connection is, or is not, there. */
function whenConnected(transport: Transport, wanted: boolean): Promise<void> {
  if (transport.isConnected === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const listening = transport.onChange((isConnected) => {
      if (isConnected !== wanted) return;
      listening[Symbol.dispose]();
      resolve();
    });
  });
}

describe.skipIf(!hasNatsServer())('the connection to the fleet', () => {
  test('is lost with its server, and comes back with it; subscriptions go on', async () => {
    const server = await start();
    const transport = await open({ servers: server.url });
    const received = new Promise<string>((resolve) => {
      transport.connection.subscribe('news', { callback: (_, message) => resolve(message.string()) });
    });
    await transport.connection.flush();
    await server.kill();
    await whenConnected(transport, false);
    await server.start();
    await whenConnected(transport, true);
    transport.connection.publish('news', 'the server is back');
    expect(await received).toBe('the server is back');
  });

  test('takes the server that answers', async () => {
    const server = await start();
    const transport = await open({ servers: ['nats://127.0.0.1:1', server.url] });
    expect(transport.isConnected).toBe(true);
    expect(transport.maxPayloadBytes).toBe(1_048_576);
  });

  test.each<[string, string[], FleetOptions['credentials']]>([
    ['a password', ['--user', 'ann', '--pass', 'correct horse'], { user: 'ann', password: 'correct horse' }],
    ['a token', ['--auth', 'a-long-token'], { token: 'a-long-token' }],
  ])('opens with %s', async (_name, args, credentials) => {
    const { url } = await start({ args });
    expect((await open({ servers: url, credentials })).isConnected).toBe(true);
  });

  test('opens with the seed of an nkey', async () => {
    const user = createUser();
    const config = await file(`authorization: { users: [{ nkey: ${user.getPublicKey()} }] }`);
    const { url } = await start({ args: ['-c', config] });
    const nkeyFile = await file(`${Buffer.from(user.getSeed()).toString()}\n`);
    expect((await open({ servers: url, credentials: { nkeyFile } })).isConnected).toBe(true);
  });

  test.each<[string, FleetOptions['credentials']]>([
    ['none', undefined],
    ['a wrong password', { user: 'ann', password: 'wrong' }],
    ['a wrong token', { token: 'wrong' }],
  ])('is denied with %s', async (_name, credentials) => {
    const { url } = await start({ args: ['--user', 'ann', '--pass', 'correct horse'] });
    await expect(open({ servers: url, credentials })).rejects.toThrow(
      expect.objectContaining({
        code: 'E_FLEET_DENIED',
        message: `Cannot reach the fleet at ${url}: the server refuses the credentials`,
      }),
    );
  });
});

describe('a fleet that cannot be reached', () => {
  test('has a code, and says where it was sought', async () => {
    const servers = ['nats://127.0.0.1:1', 'nats://127.0.0.1:2'];
    await expect(open({ servers })).rejects.toThrow(
      expect.objectContaining({
        code: 'E_FLEET',
        message: 'Cannot reach the fleet at nats://127.0.0.1:1, nats://127.0.0.1:2: connection refused',
      }),
    );
  });

  test('a file of credentials that is not there is named', async () => {
    await expect(open({ servers: 'nats://127.0.0.1:1', credentials: { credsFile: '/no/such.creds' } })).rejects.toThrow(
      expect.objectContaining({
        code: 'E_NOT_FOUND',
        message: 'Cannot read the credentials of the fleet in "/no/such.creds"',
      }),
    );
  });
});
