import cluster from 'node:cluster';

import { defaultMaxMemoryBytes } from '../../pool/memory/default-budget.js';
import type { Config } from '../config/schema.js';
import type { Io } from '../io.js';
import type { Log } from '../output/logger.js';
import { logReloaded, statusUrl } from '../output/service-lines.js';
import { untilAborted } from '../until-aborted.js';
import { Primary } from './primary.js';
import { joinPrimary, type ServingProcess } from './serving.js';

/** Serves in this process; resolves when it has stopped. */
type Serve = (config: Config, io: Io, serving: ServingProcess) => Promise<void>;

/**
 * Serves one port with several processes: this one starts them, or is one of those that it started.
 *
 * @returns the exit code.
 * @throws {Error} saying why one of the first of them cannot serve.
 */
export async function serveTogether(config: Config, io: Io, log: Log, serve: Serve): Promise<number> {
  if (cluster.isPrimary) {
    await keepProcesses(config, io, log);
    return 0;
  }
  return serveBeside(config, io, serve);
}

async function keepProcesses({ service }: Config, io: Io, log: Log): Promise<void> {
  const { processes, graceMs, status } = service;
  const primary = new Primary(processes, log);
  let endReload: (() => void) | undefined;
  let killAfterMs = 0;
  try {
    const aborted = untilAborted(io.signal);
    const url = await Promise.race([primary.start(), aborted]);
    if (url !== undefined) {
      const page = status ? { status: statusUrl(url) } : {};
      log('info', `Listening on ${url}`, { processes, ...page });
      endReload = io.onReload?.(async () => logReloaded(log, await primary.reload()));
      await aborted;
    }
    killAfterMs = graceMs;
    log('info', 'Stopping', { graceMs });
  } finally {
    endReload?.();
    await primary.stop(killAfterMs);
  }
  log('info', 'Stopped');
}

async function serveBeside(config: Config, io: Io, serve: Serve): Promise<number> {
  const serving = joinPrimary(config.service.processes);
  const { maxMemoryBytes = Math.floor(defaultMaxMemoryBytes() / config.service.processes) } = config.pool;
  const { signal } = serving;
  void untilAborted(io.signal).then(serving.wantsToStop);
  const endReload = io.onReload?.(() => {}); // the primary hears it too, and asks each to reload
  try {
    await serve({ ...config, pool: { ...config.pool, maxMemoryBytes } }, { ...io, signal }, serving);
    return 0;
  } catch (error) {
    await serving.failed(error); // the primary says it, once for all
    return 1;
  } finally {
    endReload?.();
    serving.leave();
  }
}
