import { readFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { startService, type ServiceProcess } from './service-process.js';

const EXTENSIONS = fileURLToPath(new URL('extensions', import.meta.url));

interface Ledger {
  answered: number;
  /** Requests whose connection ended without an answer although the server had taken it. */
  lost: string[];
  /** Requests for which no connection was made: the server no longer listened. */
  refused: number;
}

/** Sends requests, one after the other, over one kept connection, until the server no longer takes any. */
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

test('answers every request that it had taken when SIGTERM comes under load, and exits with 0 within the grace', async () => {
  const service = await startService(EXTENSIONS, ['--grace-ms', '5000']);
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

test('answers a burst of connections beyond its limits with 503, goes on, and gives the memory back', async () => {
  const connections = 2_000;
  const service = await startService(EXTENSIONS, ['--max-concurrent-requests', '50']);
  await send(`${service.url}loaded`, new Agent());
  const before = residentBytes(service);
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(service)));
  const answers = sockets.map(readStatus);
  for (const socket of sockets) socket.write('GET /loaded/slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  const statuses = await Promise.all(answers);
  const busy = statuses.filter((status) => status === '503').length;
  expect(busy + statuses.filter((status) => status === '200').length).toBe(connections);
  expect(busy).toBeGreaterThan(connections / 2);
  expect(await send(`${service.url}loaded`, new Agent())).toBe(200);
  await waitFor(() => residentBytes(service) < before + 150 * 1024 * 1024);
  expect(await service.stop()).toBe(0);
});

async function open({ url }: ServiceProcess): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function readStatus(socket: Socket): Promise<string | undefined> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
}

/** Linux only, as the suite's other memory checks. */
function residentBytes({ process: { pid } }: ServiceProcess): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

/** Looks again and again, until the test's own timeout. */
async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
}
