import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Redis on a free port of loopback, as durable as JetStream. It does not outlive this process. */
export async function startRedis() {
  const store = mkdtempSync(join(tmpdir(), 'sandglass-redis-'));
  const port = await freePort();
  const durable = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', store, ...durable];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await whenReady(child);
  return {
    port,
    async stop() {
      const ended = once(child, 'exit');
      kill();
      await ended;
      process.off('exit', kill);
      rmSync(store, { recursive: true, force: true });
    },
  };
}

async function whenReady(child) {
  const lines = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (!line.includes('Ready to accept connections')) continue;
    child.stdout.resume();
    return;
  }
  throw new Error(`redis-server did not start:\n${lines.join('\n')}`);
}

/** Redis takes no port 0 for one that is free. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
