// `node examples/fleet/start.mjs`: a NATS server, two runners, and a service without threads of its
// own, whose calls run on them. Needs `nats-server` (Debian: apt install nats-server).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const SANDGLASS = at('../../packages/host/dist/cli/main.js');
const port = Number(process.env.NATS_PORT ?? 4_333);
const servers = `nats://127.0.0.1:${port}`;

const store = mkdtempSync(join(tmpdir(), 'sandglass-fleet-'));
const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin`, SANDGLASS_FLEET: servers };
const children = [];

function start(program, args) {
  const child = spawn(program, args, { env, stdio: 'inherit' });
  children.push(child);
  child.on('error', (error) => {
    console.error(`Cannot start ${program}: ${error.message}`);
    end();
  });
  return child;
}

function end() {
  for (const child of children) child.kill('SIGTERM');
  process.exitCode ??= 1;
}

process.on('SIGINT', end);
process.on('SIGTERM', end);
process.on('exit', () => rmSync(store, { recursive: true, force: true }));

start('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', store, '-l', join(store, 'log')]);
await new Promise((resolve) => setTimeout(resolve, 1_000)); // until it listens
for (const name of ['runner-1', 'runner-2']) {
  start(process.execPath, [SANDGLASS, 'runner', '--fleet-name', name, '--max-threads', '1']);
}
start(process.execPath, [SANDGLASS, 'serve', at('../extensions'), '--max-threads', '0', '--port', '3000']);
console.log(`
Once the service listens, in another terminal:

  curl http://127.0.0.1:3000/hello-endpoint
  SANDGLASS_FLEET=${servers} node ${SANDGLASS} fleet status

Ctrl+C ends all of it.
`);
