import { isSandglassError, type Registration } from '@sandglass/core';

import { errorText, findSandglassError, guestStack } from '../../extensions/error-text.js';
import type { Host } from '../../host.js';
import { isForMetrics, type Peers, reportMetrics } from '../../service/report.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import { createServerResponse, startServer } from '../../service/server.js';
import type { Service } from '../../service/contract.js';
import { createService } from '../../service/service.js';
import { withCors } from '../../service/cors.js';
import { reloadAll } from '../../service/reload-all.js';
import { ServiceSlot } from '../../service/service-slot.js';
import { createStatus, type Status } from '../../service/status/status.js';
import type { HostOptions } from '../../types.js';
import { type Command, defineCommand } from '../command.js';
import { toFleetOptions, toServerOptions, toServiceOptions } from '../config/host-options.js';
import { printConfig, readConfig } from '../config/read-config.js';
import type { Config } from '../config/schema.js';
import type { Io, Output } from '../io.js';
import type { Watcher } from '../dev/watch.js';
import type { ServingProcess } from '../processes/serving.js';
import { followFolder } from '../follow-folder.js';
import { openHost } from '../open-host.js';
import { CONFIG_ARGS } from '../settings.js';
import { describeScopes } from '../output/describe-scopes.js';
import { createDrain, createServiceLog, type Log, type LogLevel } from '../output/logger.js';
import { roundMs } from '../output/round-ms.js';
import { logReloaded, statusUrl } from '../output/service-lines.js';
import { untilAborted } from '../until-aborted.js';
import { withAccessLog } from '../with-access-log.js';

/** `sandglass serve [folder]`: the service. */
export const serveCommand: Command = defineCommand({
  name: 'serve',
  description: 'Serve the endpoints of a folder of extensions over HTTP',
  args: {
    folder: { type: 'positional', required: false, description: 'Folder of extensions, or one extension' },
    ...CONFIG_ARGS,
  },
  async run({ values, positionals: [folder] }, io) {
    const config = await readConfig(io, folder === undefined ? values : { ...values, extensions: folder });
    if (values['print-config'] === true) {
      io.stdout.write(`${printConfig(config)}\n`);
      return 0;
    }
    if (config.service.processes === 1) {
      await serve(config, io);
      return 0;
    }
    const { serveTogether } = await import('../processes/serve-together.js');
    return serveTogether(config, io, createServiceLog(config.service, io), serve);
  },
});

/** Adds the number of the process to each line of one of several processes. */
function createLogOf({ id }: ServingProcess, log: Log): Log {
  return (level, message, fields) => log(level, message, { process: id, ...fields });
}

/** @param serving if others serve beside this process. */
async function serve(config: Config, io: Io, serving?: ServingProcess): Promise<void> {
  const { graceMs } = config.service;
  const serviceLog = createServiceLog(config.service, io);
  const log = serving ? createLogOf(serving, serviceLog) : serviceLog;
  const level = serving ? 'debug' : 'info'; // that it starts and stops is the primary's to say
  const status = config.service.status ? createStatus() : undefined;
  // all processes load the same: the first one says so
  const loadedLevel = serving === undefined || serving.id === 1 ? 'info' : 'debug';
  const opening = open(config, io, { log, loadedLevel, status });
  opening.catch(() => {}); // told below
  if (serving?.isReplacement === true) await opening; // until then, others answer
  const slot = new ServiceSlot();
  const server = await startServer(slot, toServed(opening), toServerOptions(config.service)).catch(async (error) => {
    await close(opening, status);
    throw error;
  });
  let endReload: (() => void) | undefined;
  let watcher: Watcher | undefined;
  try {
    log('debug', `Loading extensions; health is told on ${server.url}`);
    const host = await opening;
    const service = createConfiguredService(host, config, { log, status, peers: serving?.peers });
    slot.fill(service);
    host.fleet?.onDrain(() => {
      service.drain();
      log('info', 'Drained: the fleet has asked for it', {});
    });
    await serving?.serves(server.url, {
      report(purpose) {
        if (isForMetrics(purpose)) return reportMetrics(host, slot.counts, purpose);
        return { ...status!.report(host, purpose), service: slot.counts }; // its page asks
      },
      reload: (name) => reloadAll(host, name),
    });
    if (!serving) endReload = io.onReload?.(async () => logReloaded(log, await reloadAll(host)));
    if (config.service.watch) watcher = await followFolder(host, config, (result) => logReloaded(log, result));
    const page = status ? { status: statusUrl(server.url) } : {};
    log(level, `${serving ? 'Serving' : 'Listening on'} ${server.url}`, page);
    await untilAborted(io.signal);
    log(level, 'Stopping', { graceMs });
    await server.close(graceMs);
    log(level, 'Stopped');
  } finally {
    endReload?.();
    await watcher?.close();
    await server.close(0);
    await close(opening, status);
  }
}

interface Opening {
  log: Log;
  /** Level of the lines that say what was loaded. */
  loadedLevel: LogLevel;
  status: Status | undefined;
}

/** Makes the host, and logs what it loaded. */
async function open(config: Config, io: Io, { log, loadedLevel, status }: Opening): Promise<Host> {
  const sinks = createSinks(log, io.stdout, status);
  let failures = 0;
  const host = await openHost(config, {
    ...sinks,
    fleet: toFleetOptions(config),
    createResponse: createServerResponse,
    onError(error, context) {
      failures += 1;
      sinks.onError?.(error, context);
    },
  });
  for (const extension of host.extensions) logExtension(log, loadedLevel, extension);
  if (host.extensions.length === 0 && !host.fleet) log('warn', `0 extensions are loaded from ${config.extensions}`, {});
  if (config.service.mustLoad && failures > 0) {
    await host.close(0);
    throw new Error(`Cannot serve: ${failures} of the extensions did not load, and all of them have to`);
  }
  return host;
}

/**
 * A host that stands for one that is being made: the server listens before extensions are loaded.
 */
function toServed(opening: Promise<Host>): Host {
  const served = {
    fetch: async (request: Request) => (await opening).fetch(request),
    close: (deadlineMs?: number) => close(opening, undefined, deadlineMs),
  };
  return served as Host; // it closes it, and no more
}

async function close(opening: Promise<Host>, status: Status | undefined, deadlineMs = 0): Promise<void> {
  status?.close();
  const host = await opening.catch(() => undefined); // told already
  await host?.close(deadlineMs);
}

/** The sinks of a host that write to a log, and to the status page if there is one. */
function createSinks(log: Log, output: Output, status: Status | undefined): HostOptions {
  const untilDrained = createDrain(output);
  return {
    ...status?.sinks,
    onLog(entry) {
      status?.sinks.onLog(entry);
      const { level, message, ...fields } = entry;
      log(level, message, fields);
      return untilDrained();
    },
    onAudit(entry) {
      status?.sinks.onAudit(entry);
      const { capability, decision, target, durationMs, ...fields } = entry;
      const aim = target === '' ? {} : { target };
      const level = decision === 'denied' ? 'warn' : 'debug';
      log(level, `${capability} ${decision}`, { ...fields, ...aim, durationMs: roundMs(durationMs) });
    },
    onSkip({ folder, reason, isExtension }) {
      log(isExtension ? 'info' : 'debug', `Left out ${folder}: ${reason}`, {});
    },
    onError(error, context) {
      status?.sinks.onError(error, context);
      log('error', errorText(error), { ...context, ...describeError(error) });
    },
  };
}

function createConfiguredService(
  host: Host,
  config: Config,
  { log, status, peers }: { log: Log; status: Status | undefined; peers: Peers | undefined },
): Service {
  const inner = createService(host, { ...toServiceOptions(config), status: status?.attach(host, peers), peers });
  const { accessLog, corsOrigins: origins, corsCredentials: credentials } = config.service;
  const open = origins.length > 0 ? withCors(inner, { origins, credentials }) : inner;
  return accessLog ? withAccessLog(open, log) : open;
}

function logExtension(log: Log, level: LogLevel, extension: Host['extensions'][number]): void {
  const { name, version, type, state, granted, registrations, notes } = extension;
  if (state !== 'ready') return; // the error of one that failed has been logged
  const fields = {
    extension: name,
    version,
    type,
    scopes: describeScopes(granted),
    registers: describeAll(registrations, `/${name}`),
  };
  log(level, 'Loaded', fields);
  for (const note of notes) log('warn', note, { extension: name });
}

/** Registrations that a line of the log names. */
const MAX_LISTED = 20;

function describeAll(registrations: readonly Registration[], mount: string): string {
  const listed = registrations.slice(0, MAX_LISTED).map((one) => describeRegistration(one, mount));
  const rest = registrations.length - listed.length;
  return [...listed, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

function describeError(error: Error): Record<string, unknown> {
  const { cause } = error;
  const source = findSandglassError(error);
  const reason = source && source !== error ? { reason: errorText(source) } : {};
  const stack = guestStack(isSandglassError(cause) ? cause.cause : cause);
  return { ...(source && { code: source.code }), ...reason, ...(stack === undefined ? {} : { stack: stack.trim() }) };
}
