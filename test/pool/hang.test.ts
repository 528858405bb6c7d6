import { createHost, defineCapability } from '@sandglass/host';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';

type Host = Awaited<ReturnType<typeof createHost>>;

const path = { app: 'a.js', api: 'i.js' };
const sandbox = { enabled: true, requestedScopes: { sleep: {}, boom: {} } };

async function start(options: Parameters<typeof createHost>[0]): Promise<Host> {
  const host = await createHost(options);
  onTestFinished(() => host.close(0));
  return host;
}

function load(
  host: Host,
  handler: string,
  before = '',
  isolation: 'pristine' | 'persistent' = 'pristine',
): Promise<unknown> {
  const manifest = {
    name: 'op',
    version: '1.0.0',
    'directus:extension': { type: 'operation', path, source: path, host: '*', sandbox },
  };
  const source = `import { sleep, boom } from 'directus:api'; ${before}\nexport default { id: 'op', handler: ${handler} };`;
  return host.load({ manifest, source }, { isolation });
}

const boom = defineCapability({
  name: 'boom',
  scope: z.object({}),
  args: z.tuple([]),
  handler: () => {
    throw new RangeError('the database is gone');
  },
});
const POOLS = ['inline', { maxThreads: 1 }] as const;

describe('a call that hangs', () => {
  test.each(POOLS)('a call that nothing can settle ends at once, with a code of its own: %j', async (pool) => {
    const host = await start({ pool, capabilities: [boom] });
    for (const handler of [
      '() => new Promise(() => {})',
      'async () => { await sleep(1); await new Promise(() => {}); }',
      'async () => { await sleep(1).then(() => new Promise(() => {})); }',
    ]) {
      await load(host, handler);
      await expect(host.operation('op')).rejects.toMatchObject({
        code: 'E_HANG',
        message: expect.stringContaining('a promise that nothing can settle'),
      });
      await host.unload('op');
    }
  });

  test.each(POOLS)('a call that something can still settle goes on: %j', async (pool) => {
    const host = await start({ pool, capabilities: [boom] });
    await load(host, 'async () => { sleep(20); await Promise.race([sleep(5), new Promise(() => {})]); return 1; }');
    expect(await host.operation('op')).toBe(1);
    await host.unload('op');
    const queue = 'let wake; const woken = new Promise((resolve) => { wake = resolve; });';
    await load(host, "({ first }) => first ? woken : wake('woken')", queue, 'persistent');
    const first = host.operation('op', { first: true });
    await host.operation('op', {});
    expect(await first).toBe('woken');
  });

  test.each(POOLS)("what a capability's own handler throws reaches onError, and no guest: %j", async (pool) => {
    const told: [Error, object][] = [];
    const host = await start({ pool, capabilities: [boom], onError: (...of) => told.push(of) });
    await load(host, '() => boom()');
    await expect(host.operation('op')).rejects.toMatchObject({ code: 'E_GUEST', message: 'Capability "boom" failed' });
    expect(told).toEqual([
      [
        expect.objectContaining({
          message: 'Capability "boom" failed',
          cause: expect.objectContaining({ name: 'RangeError', stack: expect.stringContaining('hang.test.ts') }),
        }),
        { extension: 'op', callId: expect.any(Number) },
      ],
    ]);
  });

  test('the error of a limit has its unit, and says how to raise it', async () => {
    const host = await start({
      pool: { maxThreads: 1 },
      capabilities: [boom],
      limits: { cpuTimeMs: 50, maxLogLines: 0 },
    });
    await load(host, '() => { for (;;); }');
    await expect(host.operation('op')).rejects.toThrow(
      /cpuTimeMs is 50 ms, .*to raise it, set limits\.cpuTimeMs or --cpu-time-ms/,
    );
  });
});
