/** Starts emulators, and tells when they answer. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const START_TIMEOUT_MS = 60_000;

/**
 * A port of loopback that was free a moment ago, for programs that cannot choose one themselves.
 */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a program and waits until it prints `ready`.
 *
 * @returns what ends it; `output()` is all that it printed so far.
 */
export async function start(command, args, ready, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let text = '';
  const isReady = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it did not get ready: ${text}`)), START_TIMEOUT_MS);
    const read = (chunk) => {
      text += chunk;
      if (ready.test(text)) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', (code, signal) => reject(new Error(`it ended with ${signal ?? code}: ${text}`)));
    isReadyCleanup(child, timer);
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await isReady.catch(async (error) => {
    await stop();
    throw error;
  });
  return { pid: child.pid, output: () => text, stop };
}

function isReadyCleanup(child, timer) {
  timer.unref();
  child.once('exit', () => clearTimeout(timer));
}
