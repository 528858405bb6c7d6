/** A runner for `lanes.mjs`: `node runner.mjs <url> <name> <threads>`. */
import { startRunner } from '@sandglass/fleet';

const [, , servers, name, threads] = process.argv;
const maxThreads = Number(threads);
await startRunner({ fleet: { servers, name }, pool: { maxThreads, minThreads: maxThreads } });
console.log('ready');
