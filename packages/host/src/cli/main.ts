#!/usr/bin/env node
import { runCli } from './cli.js';
import { openUrl } from './open-url.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(1); // asked twice: at once
    stop.abort();
  });
}

const { stdin, stdout, stderr, env } = process;
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // whoever read the output has gone: no reason to stop serving
    if (error.code !== 'EPIPE') throw error;
  });
}
const exitCode = await runCli(process.argv.slice(2), {
  ...{ stdin, stdout, stderr, env, cwd: process.cwd(), signal: stop.signal, openUrl },
  onReload(listener) {
    process.on('SIGHUP', listener);
    return () => process.off('SIGHUP', listener);
  },
});
process.exitCode = exitCode;
