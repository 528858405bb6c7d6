import { formatForTerminal } from '../../capabilities/log/terminal.js';
import type { AuditEntry, CallEntry, LogEntry } from '../../types.js';
import type { Style } from './style.js';

/** An event of a call. Times are milliseconds since the call was made, by the host's clock. */
export interface TraceEvent {
  atMs: number;
  /** How long it took; absent for what has no length. */
  durationMs?: number;
  /**
   * `guest` is time in which the guest waited for no capability: it ran, or was on its way to or
   * from its thread.
   */
  kind: 'guest' | 'capability' | 'log' | 'end';
  text: string;
}

/** Collects what happens in one call. */
export class Trace {
  readonly #beganMs: number = performance.now();
  readonly #events: TraceEvent[] = [];

  addLog({ level, message }: LogEntry): void {
    this.#events.push({ atMs: this.#now(), kind: 'log', text: `${level} ${message}` });
  }

  addAudit({ capability, target, decision, reason, status, durationMs }: AuditEntry): void {
    if (capability === 'log') return;
    const end = decision === 'denied' ? `denied: ${reason ?? ''}` : `${status ?? reason ?? 'done'}`;
    const text = [capability, target, end].filter((part) => part !== '').join(' ');
    this.#events.push({ atMs: Math.max(0, this.#now() - durationMs), durationMs, kind: 'capability', text });
  }

  addCall({ registration, outcome, cpuTimeMs }: Pick<CallEntry, 'registration' | 'outcome' | 'cpuTimeMs'>): void {
    const cpu = cpuTimeMs === undefined ? '' : `, CPU ${cpuTimeMs.toFixed(2)} ms`;
    this.#events.push({ atMs: this.#now(), kind: 'end', text: `${registration.type} ended: ${outcome}${cpu}` });
  }

  /** What happened, in order, with the guest's own time between it. */
  get events(): TraceEvent[] {
    const events = this.#events.toSorted((a, b) => a.atMs - b.atMs);
    const all: TraceEvent[] = [];
    let freeFromMs = 0; // the guest waits for nothing from here on
    for (const event of events) {
      const gapMs = event.atMs - freeFromMs;
      if (event.kind !== 'log' && gapMs > 0) all.push({ atMs: freeFromMs, durationMs: gapMs, kind: 'guest', text: '' });
      if (event.kind !== 'log') freeFromMs = Math.max(freeFromMs, event.atMs + (event.durationMs ?? 0));
      all.push(event);
    }
    return all.toSorted((a, b) => a.atMs - b.atMs);
  }

  #now(): number {
    return performance.now() - this.#beganMs;
  }
}

/** Columns of the bar of an event. */
const WIDTH = 30;

/** A line for each event, with a bar where it lies in the call. */
export function formatTrace(events: readonly TraceEvent[], style: Style): string[] {
  const endMs = Math.max(0.001, ...events.map(({ atMs, durationMs = 0 }) => atMs + durationMs));
  return events.map(({ atMs, durationMs, kind, text }) => {
    const from = Math.min(WIDTH - 1, Math.floor((atMs / endMs) * WIDTH));
    const length = Math.max(1, Math.min(WIDTH - from, Math.round(((durationMs ?? 0) / endMs) * WIDTH)));
    const mark = durationMs === undefined ? '·' : (kind === 'guest' ? '█' : '░').repeat(length);
    const bar = `${' '.repeat(from)}${mark}`.padEnd(WIDTH);
    const took = durationMs === undefined ? '' : `${durationMs.toFixed(1)} ms`;
    const what = formatForTerminal(`${kind === 'guest' ? 'guest' : text}`);
    return `${style('gray', `${atMs.toFixed(1).padStart(9)} ms`)} ${style('cyan', bar)} ${took.padStart(10)}  ${what}`;
  });
}
