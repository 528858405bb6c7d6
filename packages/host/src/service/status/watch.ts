import { LRUCache } from 'lru-cache';

import { cutText } from '../../cut-text.js';
import { findSandglassError, guestStack } from '../../extensions/error-text.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import type { AuditEntry, CallEntry, ErrorContext, LogEntry } from '../../types.js';
import { ExtensionNumbers, type HandlerBudget } from './extension-numbers.js';
import { ExtensionTexts, OVERALL_AUDIT_KINDS, OVERALL_ERROR_KINDS } from './extension-texts.js';
import { Groups } from './groups.js';
import { History } from './history.js';
import type { StatusAudit, StatusError, StatusRecording } from './status-data.js';
import { type Trace, Traces } from './traces.js';

/** Between two ticks. */
export const TICK_MS = 1_000;
/** Ticks of an interval of the hour: 300 of them are an hour. */
const TICKS_OF_HOUR = 12;
/** Extensions that are counted: those that were called last. About 12 KB each. */
const MAX_COUNTED = 1_000;
/** Registrations that are counted one by one, of all extensions. About 4 KB each. */
const MAX_HANDLERS = 2_000;
/**
 * Bytes of the texts of all extensions. Above it, those of the extension that added none for
 * longest go.
 */
const MAX_TEXT_BYTES = 16_777_216;
/** Characters of a text. */
const MAX_TEXT_LENGTH = 500;
/** Characters of a stack. */
const MAX_STACK_LENGTH = 2_000;

type Where = { [Key in keyof ErrorContext]: ErrorContext[Key] | undefined };

/** What was seen of a host, bounded whatever it runs. */
export class Watch {
  readonly startedMs: number = Date.now();
  readonly recent: History = new History(TICK_MS);
  readonly hour: History = new History(TICK_MS * TICKS_OF_HOUR);
  readonly #budget: HandlerBudget = { left: MAX_HANDLERS };
  readonly #numbers = new LRUCache<string, ExtensionNumbers>({
    max: MAX_COUNTED,
    dispose: (numbers) => numbers.retire(),
  });
  /** The one that was added to last comes last. */
  readonly #texts = new Map<string, ExtensionTexts>();
  #textBytes = 0;
  readonly #traces: Traces = new Traces();
  readonly #errors: Groups<StatusError> = new Groups(OVERALL_ERROR_KINDS);
  readonly #denied: Groups<StatusAudit> = new Groups(OVERALL_AUDIT_KINDS);
  /** Errors of calls, which may come to `addError` as well. */
  readonly #known = new WeakSet<Error>();
  #ticks = 0;

  addCall(entry: CallEntry): void {
    const trace = this.#traces.take(entry.callId);
    if (entry.background) return; // the call is counted already
    const { extension, outcome, durationMs } = entry;
    for (const history of [this.recent, this.hour]) history.record(durationMs, outcome !== 'ok');
    let numbers = this.#numbers.get(extension);
    if (!numbers) {
      numbers = new ExtensionNumbers(TICK_MS * TICKS_OF_HOUR, this.#budget);
      this.#numbers.set(extension, numbers);
    }
    numbers.record(entry, trace);
    this.#addErrorOf(entry);
    if (outcome !== 'ok') this.#write(extension, (texts) => texts.addFailure(toRecording(entry, trace)));
    else if (this.#texts.get(extension)?.isSlow(durationMs) ?? true)
      this.#write(extension, (texts) => texts.addSlow(toRecording(entry, trace)));
  }

  addAudit(entry: AuditEntry): void {
    if (entry.capability === 'log') return; // its line comes as well
    this.#traces.addAudit(entry);
    const nowMs = Date.now();
    const target = cutText(entry.target, MAX_TEXT_LENGTH);
    const kept: StatusAudit = { ...entry, target, count: 1, firstMs: nowMs, lastMs: nowMs };
    if (entry.reason !== undefined) kept.reason = cutText(entry.reason, MAX_TEXT_LENGTH);
    if (entry.decision === 'denied') this.#denied.add(kept);
    this.#write(entry.extension, (texts) => texts.addAudit(kept));
  }

  addLine({ extension, ...line }: LogEntry): void {
    if (line.level === 'info') this.#traces.addLine({ extension, ...line });
    const kept = { ...line, message: cutText(line.message, MAX_TEXT_LENGTH), timeMs: Date.now() };
    this.#write(extension, (texts) => texts.addLine(kept));
  }

  addError(error: Error, context: ErrorContext): void {
    const source = findSandglassError(error);
    if (!source || !this.#known.has(source)) this.#keepError(toStatusError(source ?? error, context));
  }

  /** A caller that gave up is no error of the extension. */
  #addErrorOf({ error, extension, callId, requestId, registration }: CallEntry): void {
    if (!error || error.code === 'E_ABORTED') return;
    this.#known.add(error);
    const event = describeRegistration(registration, `/${extension}`);
    this.#keepError(toStatusError(error, { extension, event, callId, requestId }));
  }

  #keepError(error: StatusError): void {
    this.#errors.add(error);
    if (error.extension !== undefined) this.#write(error.extension, (texts) => texts.addError(error));
  }

  /** Ends the intervals that have passed. */
  tick(): void {
    const nowMs = Date.now();
    this.recent.tick(nowMs);
    this.#ticks += 1;
    if (this.#ticks % TICKS_OF_HOUR !== 0) return;
    this.hour.tick(nowMs);
    for (const numbers of this.#numbers.values()) numbers.tick(nowMs);
    for (const texts of this.#texts.values()) {
      const { bytes } = texts;
      texts.expire(nowMs);
      this.#textBytes += texts.bytes - bytes;
    }
  }

  /** Of every extension that is counted. */
  numbers(): [name: string, numbers: ExtensionNumbers][] {
    return [...this.#numbers.entries()];
  }

  numbersOf(extension: string): ExtensionNumbers | undefined {
    return this.#numbers.peek(extension);
  }

  textsOf(extension: string): ExtensionTexts | undefined {
    return this.#texts.get(extension);
  }

  get errors(): StatusError[] {
    return this.#errors.toArray();
  }

  get denied(): StatusAudit[] {
    return this.#denied.toArray();
  }

  #write(extension: string, add: (texts: ExtensionTexts) => void): void {
    const texts = this.#texts.get(extension) ?? new ExtensionTexts();
    this.#texts.delete(extension);
    this.#texts.set(extension, texts);
    const { bytes } = texts;
    add(texts);
    this.#textBytes += texts.bytes - bytes;
    for (const [name, oldest] of this.#texts) {
      if (this.#textBytes <= MAX_TEXT_BYTES && this.#texts.size <= MAX_COUNTED) return;
      this.#texts.delete(name);
      this.#textBytes -= oldest.bytes;
    }
  }
}

function toRecording(entry: CallEntry, trace: Trace | undefined): StatusRecording {
  const { extension, callId, registration, outcome, error, durationMs, cpuTimeMs, heapBytes } = entry;
  const steps = trace?.steps ?? [];
  const beganMs = performance.now() - durationMs;
  for (const step of steps) step.atMs = Math.max(0, step.atMs - beganMs);
  return {
    timeMs: Date.now() - durationMs,
    callId,
    name: describeRegistration(registration, `/${extension}`),
    outcome,
    message: error && cutText(error.message, MAX_TEXT_LENGTH),
    durationMs,
    cpuTimeMs,
    heapBytes,
    steps: steps.toSorted((a, b) => a.atMs - b.atMs),
    moreSteps: trace ? trace.capabilityCalls + trace.logLines - steps.length : 0,
  };
}

function toStatusError(error: Error, context: Where): StatusError {
  const { extension, event, method, route, requestId } = context;
  const source = findSandglassError(error);
  const stack = guestStack(source?.cause);
  const where = event ?? (route === undefined ? undefined : `${method} ${route}`);
  const nowMs = Date.now();
  return {
    extension,
    code: source?.code,
    message: cutText((source ?? error).message, MAX_TEXT_LENGTH),
    stack: stack === undefined ? undefined : cutText(stack, MAX_STACK_LENGTH),
    where: where && cutText(where, MAX_TEXT_LENGTH),
    requestId,
    callId: context.callId ?? source?.callId,
    count: 1,
    firstMs: nowMs,
    lastMs: nowMs,
  };
}
