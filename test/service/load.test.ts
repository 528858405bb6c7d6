import { readFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { startService, type ServiceProcess } from './service-process.js';

const EXTENSIONS = fileURLToPath(new URL('extensions', import.meta.url));

/**
 * Arguments of Node for a service that answers SIGUSR2 with the size of its heap. Bytes of closed
 * sockets go late.
 */
const HEAP_REPORT = `process.on('SIGUSR2', () => setTimeout(() => {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  console.log('heap=' + (heapUsed + external));
}, 200))`;
const WITH_HEAP_REPORT = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(HEAP_REPORT)}`];

interface Ledger {
  answered: number;
  /** Requests whose connection ended without an answer although the server had taken it. */
  lost: string[];
  /** Requests for which no connection was made: the server no longer listened. */
  refused: number;
}

/**
 * Sends requests, one after the other, over one kept connection, until the server no longer takes
 * any.
 */
async function client(url: string, ledger: Ledger): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while (ledger.refused < 1_000) {
    const outcome = await send(url, agent);
    if (outcome === 'ECONNREFUSED') {
      ledger.refused += 1;
      break;
    }
    if (outcome === 200) ledger.answered += 1;
    else ledger.lost.push(String(outcome));
  }
  agent.destroy();
}

function send(url: string, agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request(url, { agent }, (response: IncomingMessage) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end();
  });
}

/**
 * Connections of the burst: 10,000, or what this machine's limit of open files has room for. The
 * service and its clients are two processes, each with a file for every connection. Node raises the
 * soft limit to the hard one by itself.
 */
const BURST_CONNECTIONS = Math.min(10_000, hardFileLimit() - 500);

/** Heap that a burst may leave behind: a kilobyte for each connection would be a leak. */
const MAX_LEFT_BYTES = 1_024 * BURST_CONNECTIONS;

describe('the service under load', () => {
  test.each([
    ['one process', '1'],
    ['two processes', '2'],
  ])('answers every request that it had taken when SIGTERM comes, in %s, and exits with 0', async (_, processes) => {
    const service = await startService(EXTENSIONS, ['--grace-ms', '5000', '--processes', processes]);
    const ledger: Ledger = { answered: 0, lost: [], refused: 0 };
    const clients = Array.from({ length: 64 }, (_, i) =>
      client(`${service.url}loaded${i % 4 === 0 ? '/slow' : ''}`, ledger),
    );
    await waitFor(() => ledger.answered > 500);
    const beganMs = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - beganMs).toBeLessThan(5_000);
    await Promise.all(clients);
    expect(ledger.lost).toEqual([]);
    expect(ledger.refused).toBe(64);
  });

  test('goes on serving when whoever read its log has gone', async () => {
    const service = await startService(EXTENSIONS);
    service.process.stdout!.destroy();
    service.process.stderr!.destroy();
    const agent = new Agent();
    // each is logged
    for (let i = 0; i < 3; i++) expect(await send(`${service.url}loaded/throw`, agent)).toBe(500);
    expect(await send(`${service.url}loaded`, agent)).toBe(200);
    expect(await service.stop()).toBe(0);
  });

  test(`answers a burst of ${BURST_CONNECTIONS} connections beyond its limits with 503, goes on, and gives the memory back`, async () => {
    if (BURST_CONNECTIONS < 10_000) console.warn('A burst of 10,000 connections needs `ulimit -Hn` of 10,500 or more');
    const limits = ['--max-concurrent-requests', '50', '--headers-timeout-ms', '60000'];
    const service = await startService(EXTENSIONS, limits, WITH_HEAP_REPORT);
    // what is made once is there now: code, buffers, threads
    await burst(service, BURST_CONNECTIONS / 10);
    const before = await heapBytes(service);
    const statuses = await burst(service, BURST_CONNECTIONS);
    const busy = statuses.filter((status) => status === '503').length;
    expect(busy + statuses.filter((status) => status === '200').length).toBe(BURST_CONNECTIONS);
    expect(busy).toBeGreaterThan(BURST_CONNECTIONS / 2);
    expect(await send(`${service.url}loaded`, new Agent())).toBe(200);
    expect((await heapBytes(service)) - before).toBeLessThan(MAX_LEFT_BYTES);
    expect(await service.stop()).toBe(0);
  }, 120_000);
});

/** Opens all connections, then sends a request on each. @returns the status of each answer */
async function burst(service: ServiceProcess, connections: number): Promise<(string | undefined)[]> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(service)));
  const answers = sockets.map(readStatus);
  for (const socket of sockets) socket.write('GET /loaded/slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  return Promise.all(answers);
}

async function open({ url }: ServiceProcess): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {}); // its status will be missing
  return socket;
}

async function readStatus(socket: Socket): Promise<string | undefined> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
}

/** Linux only. */
function hardFileLimit(): number {
  const [, hard = ''] = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return hard === 'unlimited' ? Infinity : Number(hard);
}

/** Has the service collect its garbage, and tells what is left of its heap, buffers included. */
async function heapBytes(service: ServiceProcess): Promise<number> {
  const reports = (): string[] => service.output().match(/(?<=heap=)\d+\n/g) ?? [];
  const known = reports().length;
  service.process.kill('SIGUSR2');
  await waitFor(() => reports().length > known);
  return Number(reports().at(-1));
}

/** Looks again and again, until the test's own timeout. */
async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
}
