/** A runner for `lanes.mjs`: `node runner.mjs <url> <name> <threads>`. */
import { checkFleetOptions } from '../../packages/fleet/dist/connection/options.js';
import { openTransport } from '../../packages/fleet/dist/connection/transport.js';
import { startRunner } from '../../packages/fleet/dist/lanes/runner.js';

const [, , servers, name, threads] = process.argv;
const transport = await openTransport(checkFleetOptions({ servers, name }));
const maxThreads = Number(threads);
await startRunner(transport, name, { pool: { maxThreads, minThreads: maxThreads } });
console.log('ready');
