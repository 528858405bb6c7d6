import { resolve } from 'node:path';

import { isSandglassError } from '@sandglass/core';

import { findFrame } from '../../authoring/code-frame.js';
import { readAuthored } from '../../authoring/read-authored.js';
import { errorText } from '../../extensions/error-text.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { createHost, type Host } from '../../host.js';
import { describeError } from '../../service/call-api.js';
import type { AuditEntry, LogEntry } from '../../types.js';
import type { Args } from '../args.js';
import { type Command, defineCommand } from '../command.js';
import { toHostOptions } from '../config/host-options.js';
import { readConfig } from '../config/read-config.js';
import type { Io } from '../io.js';
import { ONE_EXTENSION_ARGS } from '../settings.js';
import { assertNotFolderOfExtensions } from '../open-host.js';
import { printReport, type RunReport } from '../output/report.js';
import { formatJson } from '../output/safe-json.js';
import { readCodeFrame } from '../output/read-code-frame.js';
import { createStyle } from '../output/style.js';
import { formatThrown } from '../output/thrown.js';
import { Trace } from '../output/trace.js';
import { planCall, type PlannedCall } from '../plan-call.js';

/** `sandglass run <folder>`: one call. */
export const runCommand: Command = defineCommand({
  name: 'run',
  description: 'Call one extension once: a route, an operation, a filter or an action',
  args: {
    folder: { type: 'positional', required: true, description: 'Folder of the extension' },
    method: { type: 'string', description: 'Method of a request to a route (GET by default)' },
    path: { type: 'string', description: "Path of a request, below the extension's mount (/ by default)" },
    body: { type: 'string', description: 'Body of a request, as JSON' },
    header: { type: 'string', description: 'Header of a request, as name:value; may be repeated' },
    options: { type: 'string', description: 'Options of an operation, as JSON ({} by default)' },
    filter: { type: 'string', description: 'Event whose filters are run' },
    payload: { type: 'string', description: 'Payload of the filters, as JSON' },
    action: { type: 'string', description: 'Event whose actions are run' },
    meta: { type: 'string', description: 'Meta of the actions, as JSON ({} by default)' },
    trace: { type: 'boolean', description: 'Show what the call did, and when: capabilities, logs, and its own time' },
    json: { type: 'boolean', description: 'Print value or error, timing, limits used, logs and audit as JSON' },
    ...ONE_EXTENSION_ARGS,
  },
  async run(args, io) {
    const folder = resolve(io.cwd, args.positionals[0]!); // required
    const report = await callOnce(args, folder, io).catch((error: unknown) => printLoadFailure(error, folder, io));
    if (!report) return 1;
    if (args.values['json'] === true) io.stdout.write(`${formatJson(report)}\n`);
    else await printReport(report, folder, io);
    return report.error ? 1 : 0;
  },
});

/**
 * The error of an extension that does not load, as every command has it, and the code where it is.
 */
async function printLoadFailure(error: unknown, folder: string, { stderr, env }: Io): Promise<undefined> {
  if (!isSandglassError(error)) throw error;
  const { code, cause, extension = '' } = error;
  const frame = cause instanceof Error ? findFrame(cause.stack ?? '', extension) : undefined;
  const lines = await readCodeFrame(folder, frame ?? {}, createStyle(stderr, env));
  stderr.write(`sandglass run: ${formatForTerminal(errorText(error))} (${code})\n${formatThrown(error)}`);
  stderr.write(lines.map((line) => `${line}\n`).join(''));
}

async function callOnce(args: Args, folder: string, io: Io): Promise<RunReport> {
  const logs: LogEntry[] = [];
  const audit: AuditEntry[] = [];
  const calls: RunReport['calls'] = [];
  const failures: Error[] = [];
  const config = await readConfig(io, args.values);
  await assertNotFolderOfExtensions(folder);
  const authored = await readAuthored(folder);
  const { file, staleBuild } = authored;
  let trace: Trace | undefined;
  const startMs = performance.now();
  await using host = await createHost({
    ...toHostOptions(config),
    pool: { ...config.pool, maxThreads: 1 },
    onLog(entry) {
      logs.push(entry);
      trace?.addLog(entry);
    },
    onAudit(entry) {
      audit.push(entry);
      trace?.addAudit(entry);
    },
    onCall({ extension: _one, ...entry }) {
      calls.push(entry);
      trace?.addCall(entry);
    },
    onError: (error) => failures.push(error),
  });
  const extension = await host.load(authored);
  if (args.values['trace'] === true) trace = new Trace();
  const loadedMs = performance.now();
  const result = await settle(host, planCall(args, extension), failures, io.signal);
  const timing = { loadMs: loadedMs - startMs, callMs: performance.now() - loadedMs };
  const more = { ...(staleBuild ? { staleBuild } : {}), ...(trace ? { trace: trace.events } : {}) };
  return { extension, file, ...result, timing, calls, logs, audit, ...more };
}

async function settle(
  host: Host,
  planned: PlannedCall,
  failures: readonly Error[],
  signal: AbortSignal,
): Promise<Pick<RunReport, 'value' | 'error'>> {
  try {
    const value = await planned.call(host, signal);
    const [failure] = failures; // the error that a route or an action hides from its caller
    return failure ? { error: describeError(planned.cause(failure)) } : { value };
  } catch (error) {
    return { error: describeError(error) };
  }
}
