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
const exitCode = await runCli(process.argv.slice(2), { stdout, stderr, env, cwd: process.cwd(), signal: stop.signal });
process.exitCode = exitCode;
