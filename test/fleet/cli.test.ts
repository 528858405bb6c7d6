import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import type { FleetStatus } from '../../packages/host/src/fleet/contract.js';
import { createHost, type Host } from '../../packages/host/src/index.js';
import { runCli } from '../../packages/host/src/cli/cli.js';
import { fakeIo } from '../../packages/host/src/cli/testing/fake-io.js';
import { hasNatsServer, type NatsServer, startNatsServer } from '../../packages/fleet/src/testing/nats-server.js';
import { packageJson } from '../conformance/bench.js';

const EXTENSIONS = fileURLToPath(new URL('../../examples/extensions', import.meta.url));

/** What a command printed, and its exit code. */
async function sandglass(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo();
  const code = await runCli(argv, io);
  return { code, out: io.out(), err: io.err() };
}

describe.skipIf(!hasNatsServer())('sandglass fleet', () => {
  let server: NatsServer;
  let folder: string;

  beforeEach(async () => {
    server = await startNatsServer();
    folder = await mkdtemp(join(tmpdir(), 'sandglass-fleet-'));
    await cp(join(EXTENSIONS, 'hello-endpoint'), join(folder, 'hello'), { recursive: true });
  });

  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function node(): Promise<Host> {
    const host = await createHost({ pool: 'inline', fleet: { servers: server.url, name: 'one' }, onError: () => {} });
    onTestFinished(() => host.close(0));
    return host;
  }

  const fleet = (...argv: string[]): ReturnType<typeof sandglass> => sandglass('fleet', ...argv, '--fleet', server.url);

  async function edit(from: string, to: string): Promise<void> {
    const file = join(folder, 'hello/package.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
  }

  test('pushes a folder, shows it, and rolls it back', async () => {
    const host = await node();
    expect(await fleet('push', folder)).toMatchObject({
      code: 0,
      out: 'ok     hello-endpoint: revision 1, ready on 1 node\n',
    });
    expect(await fleet('push', folder)).toMatchObject({ code: 0, out: 'ok     hello-endpoint: is active already\n' });
    await edit('1.0.0', '1.0.1');
    expect(await fleet('push', folder)).toMatchObject({
      code: 0,
      out: 'ok     hello-endpoint: revision 2, ready on 1 node\n',
    });
    const { out } = await fleet('status');
    expect(out).toMatch(/^NODE {2}ROLE {3}STATE.*\none {3}owner {2}up /);
    expect(out).toMatch(/\nhello-endpoint +2 +1\.0\.1 [0-9a-f]{12} +1\.0\.0 [0-9a-f]{12} +-\n/);
    expect((await fleet('rollback', 'hello-endpoint')).out).toMatch(
      /^ok {5}hello-endpoint: revision 3, bundle [0-9a-f]{12}\n$/,
    );
    const shown = JSON.parse((await fleet('status', '--json')).out) as { extensions: unknown[] };
    expect(shown.extensions).toEqual([expect.objectContaining({ name: 'hello-endpoint', revision: 3 })]);
    expect(host.fleet?.name).toBe('one');
  });

  test('names what does not load, and ends with 1', async () => {
    await node();
    await writeFile(join(folder, 'hello/index.js'), 'export default 1');
    const { code, err } = await fleet('push', folder);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^failed Cannot roll out "hello-endpoint", nothing was activated: one: .*\(E_LOAD\) \(E_LOAD\)\n$/,
    );
  });

  test('drains a node', async () => {
    const host = await node();
    expect(await fleet('drain', 'one')).toMatchObject({ code: 0, out: 'ok     one takes no new work\n' });
    expect(host.fleet?.stats().isDraining).toBe(true);
    expect(await fleet('drain', 'two')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Cannot drain "two": no node of that name answers (E_NOT_FOUND)'),
    });
  });

  test('lists, shows and re-queues dead letters', async () => {
    const host = await node();
    expect(await fleet('dead', 'list')).toMatchObject({ code: 0, out: '' });
    const source = `export default ({ action }) => action('paid', () => { throw new Error('no ink'); });`;
    await host.load({ manifest: packageJson('clerk', 'hook'), source });
    await host.fleet?.publish('paid', { amount: 7 }, { id: 'bill-1' });
    const given = '1  paid for clerk: E_GUEST after 5 tries, effects none\n';
    await vi.waitFor(async () => expect((await fleet('dead', 'list')).out).toBe(given), {
      timeout: 15_000,
      interval: 500,
    });
    expect(JSON.parse((await fleet('dead', 'show', '1')).out)).toMatchObject({
      number: 1,
      work: { meta: { amount: 7 } },
    });
    expect(await fleet('dead', 'requeue', '1')).toMatchObject({
      code: 0,
      out: 'ok     1 is in the queue again as bill-1/clerk/0/again-1\n',
    });
    expect(await fleet('dead', 'list')).toMatchObject({ code: 0, out: '' });
    expect((await fleet('dead', 'show')).err).toContain('<number of the dead letter> is missing');
  });

  test.each<[string, string[], string]>([
    ['no fleet', ['status'], 'No fleet is given: --fleet nats://host:port, or SANDGLASS_FLEET'],
    ['an unknown action', ['psh'], 'Unknown action "psh": it has to be push, status, rollback, drain, dead'],
    ['no folder', ['push'], '<folder> is missing'],
    ['half of credentials', ['status', '--fleet', 'nats://a', '--fleet-user', 'ann'], 'The fleet takes a user with'],
    ['another scheme', ['status', '--fleet', 'http://a'], 'servers[0] is "http://a": it has to be nats://'],
    ['a server that is not there', ['status', '--fleet', 'nats://127.0.0.1:1'], 'connection refused (E_FLEET)'],
  ])('says what is wrong with %s', async (_name, argv, message) => {
    const { code, err } = await sandglass('fleet', ...argv);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(message);
  });
});

describe.skipIf(!hasNatsServer())('sandglass runner', () => {
  test('runs calls of a host without threads until it is stopped, and can be drained', async () => {
    await using server = await startNatsServer();
    const io = fakeIo();
    const running = runCli(['runner', '--fleet', server.url, '--fleet-name', 'worker', '--max-threads', '1'], io);
    await io.printed(/Running calls for the fleet/);
    const host = await createHost({ pool: { maxThreads: 0 }, fleet: { servers: server.url }, onError: () => {} });
    onTestFinished(() => host.close(0));
    await host.load(join(EXTENSIONS, 'hello-endpoint'));
    const response = await host.fetch(new Request('http://host.test/hello-endpoint/'));
    expect(response.status).toBe(200);
    expect(host.stats().lanes.map(({ runner }) => runner)).toEqual(['worker']);
    expect((await sandglass('fleet', 'status', '--fleet', server.url)).out).toMatch(/worker +runner +up/);
    const { out } = await sandglass('fleet', 'status', '--json', '--fleet', server.url);
    const engines = (JSON.parse(out) as FleetStatus).nodes.map(({ engine }) => engine.slice(0, 12));
    const { engine } = JSON.parse(io.out().split('\n')[0]!) as { engine: string };
    // the one that lanes go by, of an owner as of a runner
    expect(engines).toEqual([engine, engine]);
    expect((await sandglass('fleet', 'drain', 'worker', '--fleet', server.url)).code).toBe(0);
    await io.printed(/Draining/);
    io.stop();
    expect([await running, io.err()]).toEqual([0, '']);
  });

  test.each<[string[], string]>([
    [[], 'No fleet is given'],
    [['--fleet', 'nats://127.0.0.1:1', '--max-threads', '0'], 'a runner offers one thread at least'],
  ])('with %j says what is missing', async (argv, message) => {
    const { code, err } = await sandglass('runner', ...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test('without a server says where it was sought', async () => {
    const { code, err } = await sandglass('runner', '--fleet', 'nats://127.0.0.1:1');
    expect([code, err]).toEqual([1, expect.stringContaining('Cannot reach the fleet at nats://127.0.0.1:1')]);
  });
});
