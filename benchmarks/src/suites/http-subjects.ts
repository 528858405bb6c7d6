import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import autocannon from 'autocannon';

import type { Subject } from '../run/subject.js';

/**
 * What the server runs: the handler as an extension, by the whole service or by `host.fetch` alone,
 * or the handler itself, with the platform's response or the kind that the service uses; `command`
 * is `sandglass serve`;
 * `node:http` is the handler in a server without any of our code.
 */
export interface HttpInput {
  through: 'service' | 'host' | 'nothing' | 'nothing, fast' | 'node:http' | 'command';
  threads: number | 'inline';
  /** Of the command. @default 1 */
  processes?: number;
}

const SERVER = fileURLToPath(new URL('http-server.js', import.meta.url));
const CONNECTIONS = 64;
const SAMPLE_S = 1; // autocannon counts whole seconds

/**
 * Requests per second over 64 connections. The server has a process of its own, beside the one that
 * loads it.
 */
export async function openHttp(input: HttpInput): Promise<Subject> {
  const server = fork(SERVER, [JSON.stringify(input)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const failed = once(server, 'exit').then(() => {
    throw new Error('The server ended before it listened');
  });
  const [url] = (await Promise.race([once(server, 'message'), failed])) as [string];
  failed.catch(() => undefined); // it ends when it is closed
  const sample = async (): Promise<number> => {
    const { requests, duration, errors, timeouts, non2xx } = await autocannon({
      url,
      connections: CONNECTIONS,
      duration: SAMPLE_S,
    });
    if (errors + timeouts + non2xx > 0) throw new Error(`${errors} errors, ${timeouts} timeouts, ${non2xx} not 2xx`);
    return requests.total / duration;
  };
  await sample(); // warm-up
  return {
    sample,
    async close() {
      server.disconnect(); // it closes by itself then
      await failed.catch(() => undefined);
    },
  };
}
