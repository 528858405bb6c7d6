import { isSandglassError, type Registration } from '@sandglass/core';

import type { Host } from '../../host.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import { createServerResponse, startServer } from '../../service/server.js';
import type { Service } from '../../service/contract.js';
import { createService, SERVICE_PREFIX } from '../../service/service.js';
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
  const host = await openHost(config, { ...createSinks(log, io.stdout, status), createResponse: createServerResponse });
  try {
    for (const extension of host.extensions) logExtension(log, extension);
    if (host.extensions.length === 0) log('warn', `0 extensions are loaded from ${config.extensions}`, {});
    const service = createConfiguredService(host, config, log, status);
    const server = await startServer(service, host, toServerOptions(config.service));
    log(
      'info',
      `Listening on ${server.url}`,
      status ? { status: `${server.url}${SERVICE_PREFIX.slice(1)}/status` } : {},
    );
    await untilAborted(io.signal);
    log('info', 'Stopping', { graceMs });
    await server.close(graceMs);
    log('info', 'Stopped');
  } finally {
    status?.close();
    await host.close(0);
  }
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
      const { capability, decision, ...fields } = entry;
      log(decision === 'denied' ? 'warn' : 'debug', `${capability} ${decision}`, fields);
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
  const { token, metrics, metricsToken, maxConcurrentRequests, accessLog } = service;
  const limits = { maxConcurrentRequests, maxBodyBytes };
  const inner = createService(host, { ...limits, token, metrics, metricsToken, status: status?.attach(host) });
  return accessLog ? withAccessLog(inner, log) : inner;
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
