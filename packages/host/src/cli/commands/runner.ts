import { loadFleetModule } from '../../fleet/load-module.js';
import { type Command, defineCommand } from '../command.js';
import { requireFleetOptions } from '../config/host-options.js';
import { readConfig } from '../config/read-config.js';
import { shortDigest } from '../fleet/short-digest.js';
import { createServiceLog } from '../output/logger.js';
import { RUNNER_ARGS } from '../settings.js';
import { untilAborted } from '../until-aborted.js';
import { UsageError } from '../usage-error.js';

/** `sandglass runner`: a node that runs calls for the hosts of a fleet. */
export const runnerCommand: Command = defineCommand({
  name: 'runner',
  description: 'Run calls for the hosts of a fleet; extensions come from them',
  args: RUNNER_ARGS,
  examples: ['sandglass runner --fleet nats://10.0.0.1:4222', 'sandglass runner --max-threads 8'],
  async run({ values }, io) {
    const config = await readConfig(io, values);
    const fleet = requireFleetOptions(config);
    if (config.pool.maxThreads === 0) throw new UsageError('--max-threads is 0: a runner offers one thread at least');
    const { graceMs } = config.service;
    const log = createServiceLog(config.service, io);
    const runner = await (await loadFleetModule()).startRunner({ fleet, pool: config.pool });
    try {
      const { name, threads } = runner;
      log('info', 'Running calls for the fleet', { name, threads, engine: shortDigest(runner.engine) });
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
