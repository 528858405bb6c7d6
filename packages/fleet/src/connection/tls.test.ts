import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { FleetTls } from '@sandglass/host/fleet';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { Authority, type CertificateFiles } from '../testing/certificates.js';
import { hasNatsServer, type NatsServer, startNatsServer } from '../testing/nats-server.js';
import { checkFleetOptions } from './options.js';
import { openTransport, type Transport } from './transport.js';

describe.skipIf(!hasNatsServer())('a server with TLS', () => {
  let folder: string;
  let ours: Authority;
  let others: Authority;
  let server: NatsServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandglass-tls-'));
    ours = new Authority(folder, 'ours');
    others = new Authority(folder, 'others');
  });

  afterAll(() => rm(folder, { recursive: true }));
  afterEach(() => server.stop());

  /** @param args for example `--tlsverify`, which asks clients for certificates. */
  async function start({ certFile, keyFile }: CertificateFiles, ...args: string[]): Promise<string> {
    const files = ['--tlscert', certFile, '--tlskey', keyFile, '--tlscacert', ours.caFile];
    server = await startNatsServer({ args: ['--tls', ...files, ...args] });
    return server.url.replace('nats:', 'tls:');
  }

  async function open(servers: string, tls?: FleetTls): Promise<Transport> {
    const transport = await openTransport(checkFleetOptions({ servers, tls, timeoutMs: 1_000 }));
    onTestFinished(() => transport.close());
    return transport;
  }

  const failed = (code: string, message: string): Error => expect.objectContaining({ code, message }) as Error;

  test.each(['tls:', 'nats:'])('is taken if its certificate is of the authority, at %s', async (scheme) => {
    await start(ours.issue('server'));
    const transport = await open(server.url.replace('nats:', scheme), { caFile: ours.caFile });
    expect(transport.isConnected).toBe(true);
  });

  test.each<[string, (() => FleetTls) | undefined]>([
    ['no authority', undefined],
    ['another authority', () => ({ caFile: others.caFile })],
  ])('is refused by who knows %s', async (_, tls) => {
    const url = await start(ours.issue('server'));
    await expect(open(url, tls?.())).rejects.toThrow(
      failed('E_FLEET', `Cannot reach the fleet at ${url}: unable to verify the first certificate`),
    );
  });

  test('is refused if its certificate is for another address', async () => {
    const url = await start(ours.issue('server', 'IP:192.0.2.1,DNS:localhost'));
    await expect(open(url, { caFile: ours.caFile })).rejects.toThrow(
      failed(
        'E_FLEET',
        `Cannot reach the fleet at ${url}: Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list: 192.0.2.1`,
      ),
    );
  });

  test('is taken by its name', async () => {
    const url = await start(ours.issue('server', 'DNS:localhost'));
    const transport = await open(url.replace('127.0.0.1', 'localhost'), { caFile: ours.caFile });
    expect(transport.isConnected).toBe(true);
  });

  test('that asks for certificates takes those of its authority', async () => {
    const url = await start(ours.issue('server'), '--tlsverify');
    const { caFile } = ours;
    expect((await open(url, { caFile, ...ours.issue('node') })).isConnected).toBe(true);
    for (const certificate of [{}, others.issue('node')])
      await expect(open(url, { caFile, ...certificate })).rejects.toThrow(
        expect.objectContaining({ code: 'E_FLEET', message: expect.stringContaining('Cannot reach the fleet') }),
      );
  });

  test('is what tls:// insists on', async () => {
    server = await startNatsServer();
    const url = server.url.replace('nats:', 'tls:');
    await expect(open(url)).rejects.toThrow(
      failed('E_FLEET', `Cannot reach the fleet at ${url}: server does not support 'tls'`),
    );
  });

  test('is not asked if a file is missing', async () => {
    server = await startNatsServer();
    await expect(open(server.url, { caFile: '/no/such.pem' })).rejects.toThrow(
      failed('E_NOT_FOUND', 'Cannot read the file "/no/such.pem" for TLS with the fleet'),
    );
  });
});
