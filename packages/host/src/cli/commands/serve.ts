import { isSandglassError, type Registration } from '@sandglass/core';

import type { Host } from '../../host.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import { createServerResponse, startServer } from '../../service/server.js';
import type { Service } from '../../service/contract.js';
import { createService, SERVICE_PREFIX } from '../../service/service.js';
import { withCors } from '../../service/cors.js';
import { reloadAll } from '../../service/reload-all.js';
import { ServiceSlot } from '../../service/service-slot.js';
import { createStatus, type Status } from '../../service/status/status.js';
import type { HostOptions } from '../../types.js';
import { type Command, defineCommand } from '../command.js';
import { toServerOptions } from '../config/host-options.js';
import { printConfig, readConfig } from '../config/read-config.js';
import type { Config } from '../config/schema.js';
import type { Io, Output } from '../io.js';
import { openHost } from '../open-host.js';
import { CONFIG_ARGS } from '../settings.js';
import { describeScopes } from '../output/describe-scopes.js';
import { createDrain, createLogger, type Log } from '../output/logger.js';
import { createStyle } from '../output/style.js';
import { roundMs } from '../output/round-ms.js';
import { guestStack } from '../output/thrown.js';
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
    await serve(config, io);
    return 0;
  },
});

async function serve(config: Config, io: Io): Promise<void> {
  const { logFormat, logLevel, graceMs } = config.service;
  const format = logFormat === 'auto' ? (io.stdout.isTTY === true ? 'pretty' : 'json') : logFormat;
  const log = createLogger({ output: io.stdout, level: logLevel, format, style: createStyle(io.stdout, io.env) });
  const status = config.service.status ? createStatus() : undefined;
  const opening = open(config, io, log, status);
  opening.catch(() => {}); // told below
  const slot = new ServiceSlot();
  const server = await startServer(slot, toServed(opening), toServerOptions(config.service)).catch(async (error) => {
    await close(opening, status);
    throw error;
  });
  let endReload: (() => void) | undefined;
  try {
    log('debug', `Loading extensions; health is told on ${server.url}`);
    const host = await opening;
    slot.fill(createConfiguredService(host, config, log, status));
    endReload = io.onReload?.(() => void reload(host, log));
    const page = status ? { status: `${server.url}${SERVICE_PREFIX.slice(1)}/status` } : {};
    log('info', `Listening on ${server.url}`, page);
    await untilAborted(io.signal);
    log('info', 'Stopping', { graceMs });
    await server.close(graceMs);
    log('info', 'Stopped');
  } finally {
    endReload?.();
    await server.close(0);
    await close(opening, status);
  }
}

/** Makes the host, and tells of what it loaded. */
async function open(config: Config, io: Io, log: Log, status: Status | undefined): Promise<Host> {
  const sinks = createSinks(log, io.stdout, status);
  let failures = 0;
  const host = await openHost(config, {
    ...sinks,
    createResponse: createServerResponse,
    onError(error, context) {
      failures += 1;
      sinks.onError?.(error, context);
    },
  });
  for (const extension of host.extensions) logExtension(log, extension);
  if (host.extensions.length === 0) log('warn', `0 extensions are loaded from ${config.extensions}`, {});
  if (config.service.mustLoad && failures > 0) {
    await host.close(0);
    throw new Error(`Cannot serve: ${failures} of the extensions did not load, and all of them have to`);
  }
  return host;
}

/** What a server needs of a host that is in the making: it listens before extensions are loaded. */
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

async function reload(host: Host, log: Log): Promise<void> {
  const { reloaded, failed } = await reloadAll(host);
  for (const { name, message } of failed) log('error', message, { extension: name });
  log('info', 'Reloaded', { extensions: reloaded.length, failed: failed.length });
}

/** The sinks of a host that write to a log, and to the status page if there is one. */
function createSinks(log: Log, output: Output, status: Status | undefined): HostOptions {
  const untilDrained = createDrain(output);
  return {
    ...status?.sinks,
    onLog({ level, message, ...fields }) {
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
      log('error', error.message, { ...context, ...describeError(error) });
    },
  };
}

function createConfiguredService(
  host: Host,
  { service, maxBodyBytes }: Config,
  log: Log,
  status: Status | undefined,
): Service {
  const { token, metrics, metricsSummaries, metricsToken, maxConcurrentRequests, accessLog } = service;
  const limits = { maxConcurrentRequests, maxBodyBytes };
  const inner = createService(host, {
    ...limits,
    token,
    metrics,
    metricsSummaries,
    metricsToken,
    status: status?.attach(host),
  });
  const { corsOrigins: origins, corsCredentials: credentials } = service;
  const open = origins.length > 0 ? withCors(inner, { origins, credentials }) : inner;
  return accessLog ? withAccessLog(open, log) : open;
}

function logExtension(log: Log, extension: Host['extensions'][number]): void {
  const { name, version, type, state, granted, registrations, notes } = extension;
  if (state !== 'ready') return; // the error of one that failed has been logged
  const fields = {
    extension: name,
    version,
    type,
    scopes: describeScopes(granted),
    registers: describeAll(registrations, `/${name}`),
  };
  log('info', 'Loaded', fields);
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
  const code = isSandglassError(error)
    ? { code: error.code }
    : isSandglassError(cause)
      ? { code: cause.code, reason: cause.message }
      : {};
  const stack = guestStack(isSandglassError(cause) ? cause.cause : cause);
  return { ...code, ...(stack === undefined ? {} : { stack: stack.trim() }) };
}
