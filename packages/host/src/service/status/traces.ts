import { cutText } from '../../cut-text.js';
import type { AuditEntry, LogEntry } from '../../types.js';
import type { RecordedStep } from './status-data.js';

/** Calls under way whose steps are kept. */
const MAX_OPEN = 1_000;
/** Steps of one call. */
const MAX_STEPS = 30;
/** Characters of a step's text. */
const MAX_TEXT_LENGTH = 200;

/** What a call has done so far. */
export interface Trace {
  capabilityCalls: number;
  logLines: number;
  /** `atMs` on the clock of `performance`. */
  steps: RecordedStep[];
}

/** The steps of calls under way, from their audit entries and log lines. */
export class Traces {
  readonly #open = new Map<number, Trace>();

  addAudit({ callId, capability, target, decision, status, reason, durationMs }: AuditEntry): void {
    const trace = this.#of(callId);
    trace.capabilityCalls += 1;
    if (trace.steps.length === MAX_STEPS) return;
    const text = [target, status, reason].filter((part) => part !== undefined && part !== '').join(' ');
    const isDenied = decision === 'denied';
    const atMs = performance.now() - durationMs;
    trace.steps.push({ atMs, durationMs, what: capability, text: cutText(text, MAX_TEXT_LENGTH), isDenied });
  }

  addLine({ callId, message }: LogEntry): void {
    const trace = this.#of(callId);
    trace.logLines += 1;
    if (trace.steps.length === MAX_STEPS) return;
    const text = cutText(message, MAX_TEXT_LENGTH);
    trace.steps.push({ atMs: performance.now(), durationMs: undefined, what: 'log', text, isDenied: false });
  }

  /** What a call has done that is over. Undefined if it did nothing. */
  take(callId: number | undefined): Trace | undefined {
    if (callId === undefined || this.#open.size === 0) return undefined;
    const trace = this.#open.get(callId);
    if (trace) this.#open.delete(callId);
    return trace;
  }

  #of(callId: number): Trace {
    const known = this.#open.get(callId);
    if (known) return known;
    const [oldest] = this.#open.keys();
    if (this.#open.size === MAX_OPEN) this.#open.delete(oldest!);
    const trace: Trace = { capabilityCalls: 0, logLines: 0, steps: [] };
    this.#open.set(callId, trace);
    return trace;
  }
}
