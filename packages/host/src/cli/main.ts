#!/usr/bin/env node
import { runCli } from './cli.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(1); // asked twice: at once
    stop.abort();
  });
}

const { stdout, stderr, env } = process;
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // whoever read the output has gone: no reason to stop serving
    if (error.code !== 'EPIPE') throw error;
  });
}
const exitCode = await runCli(process.argv.slice(2), {
  ...{ stdout, stderr, env, cwd: process.cwd(), signal: stop.signal },
  onReload(listener) {
    process.on('SIGHUP', listener);
    return () => process.off('SIGHUP', listener);
  },
});
process.exitCode = exitCode;
