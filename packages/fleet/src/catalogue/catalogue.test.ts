import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { createHost, type Host, type HostOptions } from '@sandglass/host';
import type { FleetOperator, FleetPush } from '@sandglass/host/fleet';

import { connectFleet } from '../connect-fleet.js';
import { checkFleetOptions } from '../connection/options.js';
import { entriesOf, openBucket, openObjects } from '../connection/buckets.js';
import { openTransport } from '../connection/transport.js';
import { connectOperator } from '../operator/connect-operator.js';
import { hasNatsServer, type NatsServer, startNatsServer } from '../testing/nats-server.js';

/** An endpoint that says which version it is. @param before what it does when it is evaluated */
function greeter(version: string, body = `'${version}'`, before = ''): FleetPush {
  const extension = {
    type: 'endpoint',
    path: 'index.js',
    source: 'index.js',
    host: '^11.0.0',
    sandbox: { enabled: true, requestedScopes: { log: {} } },
  };
  return {
    source: {
      manifest: { name: '@acme/greeter', version, 'directus:extension': extension },
      source: `${before}
        export default (router) => router.get('/', () => ({ status: 200, body: ${body} }));`,
    },
  };
}

describe.skipIf(!hasNatsServer())('the catalogue of a fleet', () => {
  let server: NatsServer;
  let operator: FleetOperator;

  beforeEach(async () => {
    server = await startNatsServer();
    operator = await connectOperator({ servers: server.url });
  });

  afterEach(async () => {
    await operator.close();
    await server.stop();
  });

  async function node(name: string, options: HostOptions = {}): Promise<Host> {
    const host = await createHost({
      pool: { maxThreads: 1 },
      fleet: { servers: server.url, name },
      onError: () => {},
      ...options,
    });
    onTestFinished(() => host.close(0));
    return host;
  }

  async function ask(host: Host): Promise<string> {
    const response = await host.fetch(new Request('http://a/@acme/greeter/'));
    return `${response.status} ${await response.text()}`;
  }

  const say = (host: Host, text: string): Promise<void> => vi.waitFor(async () => expect(await ask(host)).toBe(text));

  test('what is pushed is on every node, and on those that come later', async () => {
    const [one, two] = [await node('one'), await node('two')];
    const { hash, ...pushed } = await operator.push(greeter('1.0.0'));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(pushed).toEqual({ name: '@acme/greeter', revision: 1, isChanged: true, nodes: ['one', 'two'], failed: {} });
    await say(one, '200 1.0.0');
    await say(two, '200 1.0.0');
    expect(await ask(await node('three'))).toBe('200 1.0.0');
  });

  test('a version that is active already is not rolled out again', async () => {
    await operator.push(greeter('1.0.0'));
    expect(await operator.push(greeter('1.0.0'))).toMatchObject({ isChanged: false, revision: 1 });
  });

  test('a roll-back is one write, and can be rolled back itself', async () => {
    const host = await node('one');
    await operator.push(greeter('1.0.0'));
    await operator.push(greeter('2.0.0'));
    await say(host, '200 2.0.0');
    expect(await operator.rollback('@acme/greeter')).toMatchObject({ revision: 3 });
    await say(host, '200 1.0.0');
    await operator.rollback('@acme/greeter');
    await say(host, '200 2.0.0');
  });

  test('what cannot be rolled back has a code', async () => {
    await expect(operator.rollback('nobody')).rejects.toThrow(
      expect.objectContaining({
        code: 'E_NOT_FOUND',
        message: 'Cannot roll back "nobody": the catalogue does not have it',
      }),
    );
    await operator.push(greeter('1.0.0'));
    await expect(operator.rollback('@acme/greeter')).rejects.toThrow(
      expect.objectContaining({
        code: 'E_NOT_FOUND',
        message: 'Cannot roll back "@acme/greeter": no other version was active before',
      }),
    );
  });

  test('a node that cannot load a version is named, and nothing is activated', async () => {
    const refuse = (): never => {
      throw new Error('not in this house');
    };
    const [good] = [await node('good'), await node('strict', { grant: refuse })];
    await expect(operator.push(greeter('1.0.0'))).rejects.toThrow(
      expect.objectContaining({
        code: 'E_MANIFEST',
        message:
          'Cannot roll out "@acme/greeter", nothing was activated: strict: Cannot load "@acme/greeter": ' +
          'the host refused its scopes: not in this house (E_MANIFEST)',
      }),
    );
    expect(await ask(good)).toMatch(/^404/);
    expect((await operator.status()).extensions).toEqual([{ name: '@acme/greeter', revision: 0 }]);
  });

  test('with --tolerate the others go on, and the node says what it lacks', async () => {
    const refuse = (): never => {
      throw new Error('no');
    };
    const [good, strict] = [await node('good'), await node('strict', { grant: refuse })];
    const { nodes, failed } = await operator.push(greeter('1.0.0'), { tolerate: 1 });
    expect([nodes, Object.keys(failed)]).toEqual([['good'], ['strict']]);
    await say(good, '200 1.0.0');
    await vi.waitFor(() => expect(strict.fleet?.stats().failed).toHaveProperty('@acme/greeter.code', 'E_MANIFEST'));
  });

  test('a source that does not load is told with its own code', async () => {
    await node('one');
    await expect(operator.push(greeter('1.0.0', 'import'))).rejects.toThrow(
      expect.objectContaining({ code: 'E_LOAD', message: expect.stringMatching(/nothing was activated: one: /) }),
    );
  });

  test('a bundle that was changed in the store is refused', async () => {
    const { hash } = await operator.push(greeter('1.0.0'));
    await using transport = await openTransport(checkFleetOptions({ servers: server.url }));
    const store = await openObjects(transport, 'bundles');
    await store.putBlob({ name: hash }, Buffer.from(JSON.stringify(greeter('6.6.6').source)));
    const host = await node('one');
    expect(await ask(host)).toMatch(/^404/);
    expect(host.fleet?.stats().failed['@acme/greeter']).toEqual({
      code: 'E_LOAD',
      message: expect.stringMatching(/^The bundle was changed: its SHA-256 is [0-9a-f]{64}, the catalogue says /),
    });
  });

  /** Says when it was evaluated, as far as a number of chance does. */
  const BORN = greeter('1.0.0', 'String(born)', 'const born = Math.random();');

  test('what was evaluated when it was pushed is evaluated nowhere else', async () => {
    const one = await node('one');
    await operator.push(BORN);
    await vi.waitFor(async () => expect(await ask(one)).toMatch(/^200/));
    expect(await ask(await node('two'))).toBe(await ask(one));
  });

  test('a snapshot that was changed in the store is refused, and the source evaluated', async () => {
    await operator.push(BORN);
    await using transport = await openTransport(checkFleetOptions({ servers: server.url }));
    const [entry] = await entriesOf(transport, await openBucket(transport, 'snapshots'));
    const store = await openObjects(transport, 'bundles');
    const bytes = await store.getBlob(entry!.string());
    bytes![bytes!.length >> 1]! ^= 1;
    await store.putBlob({ name: entry!.string() }, bytes!);
    const errors: unknown[] = [];
    const nodes = [await node('one', { onError: (error) => errors.push(error) }), await node('two')];
    const [first, second] = await Promise.all(nodes.map(ask));
    expect(first).not.toBe(second);
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'E_LOAD',
        message: expect.stringMatching(/^The snapshot was changed: its SHA-256 is [0-9a-f]{64}, the catalogue says /),
      }),
    ]);
  });

  test('no snapshot is taken of what asks for something while it is evaluated', async () => {
    await operator.push(
      greeter('1.0.0', 'String(born)', `import { log } from 'directus:api'; log('hello'); const born = Math.random();`),
    );
    await using transport = await openTransport(checkFleetOptions({ servers: server.url }));
    expect(await entriesOf(transport, await openBucket(transport, 'snapshots'))).toEqual([]);
    const [first, second] = await Promise.all([await node('one'), await node('two')].map(ask));
    expect(first).not.toBe(second);
  });

  test('of two pushes at once, one is told of the other', async () => {
    await node('one');
    const pushes = await Promise.allSettled([operator.push(greeter('1.0.0')), operator.push(greeter('2.0.0'))]);
    const failed = pushes.filter((push) => push.status === 'rejected');
    expect(failed.map(({ reason }) => (reason as { code: string }).code)).toEqual(['E_FLEET_CONFLICT']);
    expect(failed[0]?.reason).toHaveProperty(
      'message',
      'Cannot change "@acme/greeter" in the catalogue: somebody else changed it meanwhile',
    );
  });

  test('a grant is what the guest gets, and no more than it asked for', async () => {
    const host = await node('one');
    await operator.push({ ...greeter('1.0.0'), grant: {}, limits: { cpuTimeMs: 100 } });
    await say(host, '200 1.0.0');
    const [{ granted, limits } = {}] = host.extensions;
    expect([granted, limits?.cpuTimeMs]).toEqual([{}, 100]);
    await expect(operator.push({ ...greeter('2.0.0'), grant: { request: {} } })).rejects.toThrow(
      expect.objectContaining({
        code: 'E_MANIFEST',
        message: 'Cannot grant "@acme/greeter" the scope "request": it does not request it',
      }),
    );
  });

  test('nodes go on without the server, and catch up when it is back', async () => {
    const host = await node('one');
    await operator.push(greeter('1.0.0'));
    await say(host, '200 1.0.0');
    await server.kill();
    await vi.waitFor(() => expect(host.fleet?.isConnected).toBe(false));
    expect(await ask(host)).toBe('200 1.0.0');
    await server.start();
    await vi.waitFor(() => expect(host.fleet?.isConnected).toBe(true));
    await vi.waitFor(() => operator.push(greeter('2.0.0')), { timeout: 10_000 });
    await vi.waitFor(async () => expect(await ask(host)).toBe('200 2.0.0'), { timeout: 10_000 });
  });

  test('status shows nodes, and a clock that is hours off changes nothing', async () => {
    const realNow = Date.now;
    Date.now = () => realNow() + 5 * 3_600_000;
    onTestFinished(() => void (Date.now = realNow));
    await node('one');
    await operator.push(greeter('1.0.0'));
    Date.now = () => realNow() - 5 * 3_600_000;
    const { nodes, extensions } = await operator.status();
    expect(nodes).toEqual([expect.objectContaining({ name: 'one', role: 'owner', isDraining: false, failed: {} })]);
    expect(extensions).toEqual([
      { name: '@acme/greeter', revision: 1, active: { hash: expect.any(String), version: '1.0.0' } },
    ]);
  });

  test('a node that leaves is off the list at once', async () => {
    const host = await node('one');
    await vi.waitFor(async () => expect((await operator.status()).nodes).toHaveLength(1));
    await host.close();
    expect((await operator.status()).nodes).toEqual([]);
  });

  test('a node that is drained is told so, and shows it', async () => {
    const host = await node('one');
    const drained = new Promise<void>((resolve) => host.fleet?.onDrain(resolve));
    await operator.drain('one');
    await drained;
    expect(host.fleet?.stats().isDraining).toBe(true);
    await vi.waitFor(async () => expect((await operator.status()).nodes[0]?.isDraining).toBe(true));
    await expect(operator.drain('nobody')).rejects.toThrow(
      expect.objectContaining({ code: 'E_NOT_FOUND', message: 'Cannot drain "nobody": no node of that name answers' }),
    );
  });

  test('a fleet that was given made stays its maker’s', async () => {
    await using fleet = await connectFleet({ servers: server.url, name: 'mine' });
    const host = await createHost({ pool: 'inline', fleet });
    await host.close();
    expect(fleet.isConnected).toBe(true);
  });

  test('a host does not start without its fleet', async () => {
    await expect(createHost({ fleet: { servers: 'nats://127.0.0.1:1' } })).rejects.toThrow(
      expect.objectContaining({ code: 'E_FLEET' }),
    );
  });
});
