import type { Registration } from '@sandglass/core';

import type { AuditEntry, CallEntry, ExtensionInfo, LogEntry } from '../../types.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import type { Io } from '../io.js';
import { guestStack, withClass } from '../../extensions/error-text.js';
import { readCodeFrame } from './read-code-frame.js';
import { formatJson } from './safe-json.js';
import { formatTrace, type TraceEvent } from './trace.js';
import { findFrame } from '../../authoring/code-frame.js';
import { createStyle, type Style } from './style.js';

/** Everything about one call. */
export interface RunReport {
  extension: ExtensionInfo;
  /** The file that ran: the source, or what was built of it where there is none. */
  file: string;
  /** The built file, if it is older than the source that ran. */
  staleBuild?: string;
  /** Present if the call ended well. */
  value?: unknown;
  /** Present if it did not. */
  error?: Record<string, unknown>;
  /** Milliseconds. `loadMs` is what a new process pays once, `callMs` what every call takes. */
  timing: { loadMs: number; callMs: number };
  /** What each handler that ran used. */
  calls: (Omit<CallEntry, 'extension' | 'registration'> & { registration: Registration })[];
  logs: LogEntry[];
  audit: AuditEntry[];
  /** With `--trace`. */
  trace?: TraceEvent[];
}

/** Prints a call for a person: the value on stdout, all else on stderr. */
export async function printReport(
  report: RunReport,
  folder: string,
  io: Pick<Io, 'stdout' | 'stderr' | 'env'>,
): Promise<void> {
  const style = createStyle(io.stderr, io.env);
  const line = (text: string): void => void io.stderr.write(`${text}\n`);
  if (report.trace) for (const text of formatTrace(report.trace, style)) line(text);
  else {
    for (const { level, message } of report.logs)
      line(`${style('gray', level.padEnd(5))} ${formatForTerminal(message)}`);
    for (const text of describeAudit(report, style)) line(text);
  }
  if (report.error) for (const text of await describeFailure(report, folder, style)) line(text);
  else io.stdout.write(`${formatJson(report.value)}\n`);
  if (!report.error && report.calls.length === 0 && report.extension.type === 'hook') line(describeSilence(report));
  line(style('gray', describeUse(report)));
  if (report.staleBuild !== undefined)
    line(`${report.staleBuild} is older than ${report.file}, and is what a host loads: sandglass build makes it again`);
}

/**
 * Says that no hook listens: the payload is unchanged, as it is after a hook that changes nothing.
 */
function describeSilence({ extension: { name, registrations } }: RunReport): string {
  const known = registrations.map((registration) => describeRegistration(registration)).join(', ');
  return formatForTerminal(`Nothing ran: "${name}" has no hook for this event. It registers ${known}`);
}

function describeAudit({ audit }: RunReport, style: Style): string[] {
  return audit
    .filter(({ capability }) => capability !== 'log')
    .map(({ capability, target, decision, reason, status, durationMs }) => {
      const end =
        decision === 'denied'
          ? style('red', `denied: ${formatForTerminal(reason ?? '')}`)
          : `${status ?? reason ?? 'done'}`;
      return `${style('gray', capability.padEnd(5))} ${formatForTerminal(`${target} ${end}`.trim())} ${style('gray', `${durationMs.toFixed(1)} ms`)}`;
    });
}

/**
 * The error, the code where it was thrown, and the guest's stack; a stack of the host itself is
 * left out.
 */
async function describeFailure({ error = {}, extension }: RunReport, folder: string, style: Style): Promise<string[]> {
  const { code, message, thrown } = error;
  const lines = [`${style('red', String(code))} ${formatForTerminal(withClass(String(message), thrown))}`];
  const stack = guestStack(thrown);
  if (stack === undefined) return lines;
  const frames = stack.split('\n').filter((frame) => frame.trim() !== '');
  const around = await readCodeFrame(folder, findFrame(stack, extension.name) ?? {}, style);
  return [...lines, ...frames.map((frame) => style('gray', formatForTerminal(frame))), ...around];
}

function describeUse({ file, timing, calls, extension: { limits } }: RunReport): string {
  const cpuTimeMs = calls.reduce((sum, call) => sum + (call.cpuTimeMs ?? 0), 0);
  const heapBytes = Math.max(0, ...calls.map((call) => call.heapBytes ?? 0));
  const cpu = cpuTimeMs === 0 ? '' : `, CPU ${cpuTimeMs.toFixed(1)} of ${limits.cpuTimeMs} ms`;
  const memory = heapBytes === 0 ? '' : `, heap ${toMib(heapBytes)} of ${toMib(limits.memoryLimitBytes)} MiB`;
  return `${formatForTerminal(file)} loaded in ${timing.loadMs.toFixed(0)} ms, called in ${timing.callMs.toFixed(1)} ms${cpu}${memory}`;
}

function toMib(bytes: number): string {
  return (bytes / (1024 * 1024)).toFixed(1);
}
