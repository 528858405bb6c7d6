import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { makeFolder, packageJson } from '../../packages/host/src/cli/testing/files.js';
import { startService, type ServiceProcess } from './service-process.js';

const EXTENSIONS = fileURLToPath(new URL('extensions', import.meta.url));
const TOKEN = 'a-token-of-some-length';
const TWO = ['--processes', '2', '--status', '--token', TOKEN, '--log-level', 'debug'];
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

/** Sends a request over a connection of its own: the next process takes it. */
const ask = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...init, headers: { connection: 'close', ...init.headers } });

async function askOften({ url }: ServiceProcess, times: number): Promise<void> {
  for (let i = 0; i < times; i++) expect((await ask(`${url}loaded`)).status).toBe(200);
}

async function readMetric({ url }: ServiceProcess, sample: string): Promise<number> {
  const text = await (await ask(`${url}_sandglass/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return Number(line?.slice(sample.length));
}

/** Ids of the processes that serve. */
function servingPids({ process: primary }: ServiceProcess): number[] {
  return execFileSync('pgrep', ['-P', String(primary.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number);
}

/** Looks again and again, until the test's own timeout. */
async function waitFor(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Resolves once a process has listened to the port in place of one that ended. */
const replaced = (service: ServiceProcess, number: number): Promise<void> =>
  waitFor(() => new RegExp(`"process":${number},.*"message":"Serving `).test(service.output()));

const CALLS = 'sandglass_calls_total{extension="loaded",outcome="ok"}';

describe('serve --processes', () => {
  test('serves one port with several processes, whose metrics and status are one', async () => {
    const service = await startService(EXTENSIONS, [...TWO, '--access-log']);
    await askOften(service, 20);
    const [byFirst, bySecond] = [1, 2].map((id) =>
      service.output().match(new RegExp(`"process":${id},.*"message":"GET /loaded"`, 'g')),
    );
    expect([byFirst!.length, bySecond!.length]).toEqual([10, 10]);
    for (let i = 0; i < 2; i++) expect(await readMetric(service, CALLS)).toBe(20);
    expect(await readMetric(service, 'sandglass_processes')).toBe(2);
    expect(await readMetric(service, 'sandglass_http_requests_total{status="200"}')).toBe(23);
    const status = await (await ask(`${service.url}_sandglass/status/data`, { headers: AUTHORIZED })).json();
    expect(status).toMatchObject({ processes: 2, totals: { settled: { ok: 22 } }, extensions: { ready: 1 } });
    const list = await (await ask(`${service.url}_sandglass/status/extensions`, { headers: AUTHORIZED })).json();
    expect(list).toMatchObject({ rows: [{ name: 'loaded', calls: 20 }] });
    const one = await (await ask(`${service.url}_sandglass/status/extensions/loaded`, { headers: AUTHORIZED })).json();
    expect(one).toMatchObject({ canReload: true, handlers: [{ name: 'GET /loaded', calls: 20 }] });
    expect(service.output().match(/"message":"Loaded"/g)).toHaveLength(2); // one of them at level debug
    expect(service.output().match(/"level":"info".*"message":"Loaded"/g)).toHaveLength(1);
    expect(await service.stop()).toBe(0);
    expect(service.output().match(/"level":"info".*"message":"Stopped"/g)).toHaveLength(1);
  });

  test('puts another in the place of one that is killed; no counter goes back', async () => {
    const service = await startService(EXTENSIONS, TWO);
    await askOften(service, 10);
    expect(await readMetric(service, CALLS)).toBe(10);
    const [victim] = servingPids(service);
    process.kill(victim!, 'SIGKILL');
    await waitFor(() => service.output().includes('ended, by SIGKILL; another takes its place'));
    expect(await readMetric(service, CALLS)).toBe(10);
    await askOften(service, 4);
    await replaced(service, 3);
    expect(servingPids(service)).toHaveLength(2);
    await askOften(service, 4);
    expect(await readMetric(service, CALLS)).toBe(18);
    expect(await readMetric(service, 'sandglass_processes_lost_total')).toBe(1);
    expect(await service.stop()).toBe(0);
  });

  test('reloads in every process, and names what failed in any', async () => {
    const source = (text: string): string =>
      `export default (router) => { router.get('/', () => ({ status: 200, body: '${text}' })); };`;
    const folder = await makeFolder({ 'a/package.json': packageJson('a', 'endpoint'), 'a/index.js': source('old') });
    const service = await startService(folder, TWO);
    const reload = async (): Promise<unknown> =>
      (await ask(`${service.url}_sandglass/reload`, { method: 'POST', headers: AUTHORIZED })).json();
    const bodies = async (): Promise<string[]> =>
      Promise.all([1, 2].map(async () => (await ask(`${service.url}a`)).text()));
    await writeFile(join(folder, 'a/index.js'), source('new'));
    expect(await reload()).toEqual({ value: { reloaded: ['a'], failed: [] } });
    expect(await bodies()).toEqual(['new', 'new']);
    await writeFile(join(folder, 'a/index.js'), source('newer'));
    service.process.kill('SIGHUP');
    await waitFor(() => service.output().includes('"message":"Reloaded"'));
    expect(await bodies()).toEqual(['newer', 'newer']);
    await writeFile(join(folder, 'a/index.js'), 'throw 1;');
    expect(await reload()).toMatchObject({ value: { reloaded: [], failed: [{ name: 'a' }] } });
    expect(await bodies()).toEqual(['newer', 'newer']);
    expect(await service.stop()).toBe(0);
  });

  test('ends with 1 and one reason when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const failed = await startService(EXTENSIONS, [...TWO, '--port', String(port)]).catch((error: Error) => error);
    expect(String(failed)).toContain(`sandglass serve: Cannot listen on 127.0.0.1:${port}: the port is taken`);
    expect(String(failed).match(/the port is taken/g)).toHaveLength(1);
  });

  test('stops once when all its processes get the signal, as systemd sends it', async () => {
    const service = await startService(EXTENSIONS, TWO);
    for (const pid of servingPids(service)) process.kill(pid, 'SIGTERM');
    expect(await service.stop()).toBe(0);
    expect(service.output().match(/"level":"info".*"message":"Stopped"/g)).toHaveLength(1);
  });

  test('replaces one that is told to stop by itself', async () => {
    const service = await startService(EXTENSIONS, TWO);
    process.kill(servingPids(service)[0]!, 'SIGTERM');
    await replaced(service, 3);
    expect(service.output()).toContain('ended, with exit code 0; another takes its place');
    expect(await service.stop()).toBe(0);
  });

  test('its processes end with the primary', async () => {
    const service = await startService(EXTENSIONS, TWO);
    const pids = servingPids(service);
    service.process.kill('SIGKILL');
    const isAlive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await waitFor(() => !pids.some(isAlive));
    expect(pids).toHaveLength(2);
  });
});
