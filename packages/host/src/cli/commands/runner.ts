import { loadFleetModule } from '../../fleet/load-module.js';
import { type Command, defineCommand } from '../command.js';
import { toFleetOptions } from '../config/host-options.js';
import { readConfig } from '../config/read-config.js';
import { createLogger } from '../output/logger.js';
import { createStyle } from '../output/style.js';
import { RUNNER_ARGS } from '../settings.js';
import { untilAborted } from '../until-aborted.js';
import { UsageError } from '../usage-error.js';

/** Characters of a digest that are enough for people. */
const SHOWN_DIGEST = 12;

/** `sandglass runner`: a node that runs calls for the hosts of a fleet. */
export const runnerCommand: Command = defineCommand({
  name: 'runner',
  description: 'Run calls for the hosts of a fleet; extensions come from them',
  args: RUNNER_ARGS,
  examples: ['sandglass runner --fleet nats://10.0.0.1:4222', 'sandglass runner --max-threads 8'],
  async run({ values }, io) {
    const config = await readConfig(io, values);
    const fleet = toFleetOptions(config);
    if (!fleet) throw new UsageError('No fleet is given: --fleet nats://host:port, or SANDGLASS_FLEET');
    if (config.pool.maxThreads === 0) throw new UsageError('--max-threads is 0: a runner offers one thread at least');
    const { logFormat, logLevel, graceMs } = config.service;
    const format = logFormat === 'auto' ? (io.stdout.isTTY === true ? 'pretty' : 'json') : logFormat;
    const log = createLogger({ output: io.stdout, level: logLevel, format, style: createStyle(io.stdout, io.env) });
    const runner = await (await loadFleetModule()).startRunner({ fleet, pool: config.pool });
    try {
      const { name, threads } = runner;
      log('info', 'Running calls for the fleet', { name, threads, engine: runner.engine.slice(0, SHOWN_DIGEST) });
      runner.onDrain(() => log('info', 'Draining', { running: runner.running }));
      await untilAborted(io.signal);
      log('info', 'Stopping', { graceMs });
      await runner.close(graceMs);
      log('info', 'Stopped');
    } finally {
      await runner.close(0);
    }
    return 0;
  },
});
