import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createHost } from '@sandglass/host';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { connectOperator } from '../operator/connect-operator.js';
import { JwtOperator } from '../testing/jwt-operator.js';
import { hasNatsServer, type NatsServer, startNatsServer } from '../testing/nats-server.js';
import { checkFleetOptions } from './options.js';
import { openTransport, type Transport } from './transport.js';

describe.skipIf(!hasNatsServer())('a server whose users have JWTs', () => {
  let folder: string;
  let operator: JwtOperator;
  let server: NatsServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandglass-jwt-'));
    operator = await JwtOperator.create(folder);
    server = await startNatsServer({ args: ['-c', operator.configFile] });
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function open(credsFile: string): Promise<Transport> {
    const transport = await openTransport(checkFleetOptions({ servers: server.url, credentials: { credsFile } }));
    onTestFinished(() => transport.close());
    return transport;
  }

  test('takes those of its account, who are one fleet', async () => {
    const credentials = { credsFile: await operator.credsFile('publisher') };
    await using publisher = await connectOperator({ servers: server.url, credentials });
    const owner = { servers: server.url, name: 'owner', credentials: { credsFile: await operator.credsFile('owner') } };
    const host = await createHost({ pool: 'inline', fleet: owner });
    onTestFinished(() => host.close(0));
    expect((await publisher.status()).nodes).toEqual([expect.objectContaining({ name: 'owner' })]);
  });

  test('does not allow what a JWT does not', async () => {
    const credsFile = await operator.credsFile('runner', { pub: { allow: ['sandglass.lanes.>'] } });
    await expect(connectOperator({ servers: server.url, credentials: { credsFile } })).rejects.toThrow(
      expect.objectContaining({
        code: 'E_FLEET_DENIED',
        message: expect.stringMatching(/: the server does not allow publish to "\$JS\.API\..*"$/),
      }),
    );
  });

  test.each<[string, () => Promise<string>]>([
    ['of another operator', async () => (await JwtOperator.create(folder)).credsFile('stranger')],
    ['that has ended', () => operator.credsFile('late', {}, 1_000_000_000)],
  ])('refuses one %s', async (_, credsFile) => {
    await expect(open(await credsFile())).rejects.toThrow(
      expect.objectContaining({
        code: 'E_FLEET_DENIED',
        message: `Cannot reach the fleet at ${server.url}: the server refuses the credentials`,
      }),
    );
  });
});
