import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { connectOperator } from '../../packages/fleet/src/operator/connect-operator.js';
import { hasNatsServer, type NatsServer, startNatsServer } from '../../packages/fleet/src/testing/nats-server.js';
import { createHost, type FleetOptions, type Host } from '../../packages/host/src/index.js';
import { packageJson } from '../conformance/bench.js';

const CONFIG = fileURLToPath(new URL('../../docs/fleet/nats.conf', import.meta.url));

const subject = {
  source: {
    manifest: packageJson('subject', 'hook'),
    source: `export default ({ action }) => action('paid', () => {});`,
  },
};

describe.skipIf(!hasNatsServer())('the users of docs/fleet/nats.conf', () => {
  let server: NatsServer;

  beforeEach(async () => {
    server = await startNatsServer({ args: ['-c', CONFIG] });
  });

  afterEach(() => server.stop());

  const as = (user: string): FleetOptions => ({
    servers: server.url,
    name: user,
    timeoutMs: 1_000,
    credentials: { user, password: `change-me-${user}` },
  });

  async function owner(): Promise<Host> {
    const host = await createHost({ pool: 'inline', fleet: as('owner'), onError: () => {} });
    onTestFinished(() => host.close(0));
    return host;
  }

  test('a publisher pushes, an owner follows and does work', async () => {
    const operator = await connectOperator(as('publisher'));
    onTestFinished(() => operator.close());
    const host = await owner();
    expect(await operator.push(subject)).toMatchObject({ nodes: ['owner'] });
    await vi.waitFor(() => expect(host.handles('paid', 'action')).toBe(true));
    expect(await host.fleet?.publish('paid', {}, { id: 'bill-1' })).toMatchObject({ actions: 1 });
    await operator.drain('owner');
    expect((await operator.status()).nodes).toEqual([expect.objectContaining({ name: 'owner' })]);
  });

  test('an owner pushes nothing, and a runner cannot even look', async () => {
    const operator = await connectOperator(as('publisher'));
    onTestFinished(() => operator.close());
    const mere = await connectOperator(as('owner'));
    onTestFinished(() => mere.close());
    await expect(mere.push(subject)).rejects.toThrow(expect.objectContaining({ code: 'E_FLEET_DENIED' }));
    await expect(connectOperator(as('runner'))).rejects.toThrow(
      expect.objectContaining({ code: 'E_FLEET_DENIED', message: expect.stringContaining('does not allow') }),
    );
    expect((await operator.status()).extensions).toEqual([]);
  });

  test('an owner that comes before the streams are made says what it may not do', async () => {
    await expect(owner()).rejects.toThrow(expect.objectContaining({ code: 'E_FLEET_DENIED' }));
  });
});
