import { ByteBudget } from '../../byte-budget.js';
import type { LogEntry } from '../../types.js';

/** Bytes of log lines that wait for an `onLog` which returns promises, of all extensions. */
const MAX_PENDING_BYTES = 16_777_216;

/** Bytes that a line takes beside its text. */
const LINE_BYTES = 256;

/** What a host gives as `onLog`. */
export type OnLog = (entry: LogEntry) => unknown;

/**
 * Hands lines to `onLog`, which cannot hurt the call that logs, neither by a throw nor by a promise
 * that rejects. Lines whose promise is pending hold memory: beyond an extension's share of 16 MiB
 * its lines are dropped, and counted in a `warn` that comes before the next one.
 */
export class LogSink {
  readonly #onLog: OnLog;
  readonly #pending: ByteBudget<string> = new ByteBudget(MAX_PENDING_BYTES);
  /** Lines dropped since the last one that was passed on, by extension. */
  readonly #dropped: Map<string, number> = new Map();

  constructor(onLog: OnLog = () => {}) {
    this.#onLog = onLog;
  }

  readonly write = (entry: LogEntry): void => {
    const { extension, callId, message } = entry;
    const bytes = 2 * message.length + LINE_BYTES;
    if (!this.#pending.fits(extension, bytes)) {
      this.#dropped.set(extension, (this.#dropped.get(extension) ?? 0) + 1);
      return;
    }
    const dropped = this.#dropped.size > 0 && this.#dropped.get(extension);
    if (dropped) {
      this.#dropped.delete(extension);
      const text = `${dropped} log lines before this one were dropped: onLog was ${MAX_PENDING_BYTES} bytes behind`;
      this.#hand({ extension, callId, level: 'warn', message: text }, LINE_BYTES);
    }
    this.#hand(entry, bytes);
  };

  #hand(entry: LogEntry, bytes: number): void {
    try {
      const taken = this.#onLog(entry);
      if (!isThenable(taken)) return;
      const { extension } = entry;
      this.#pending.add(extension, bytes);
      const give = (): void => this.#pending.give(extension, bytes);
      Promise.resolve(taken).then(give, give);
    } catch {
      // The sink's own problem: the call goes on.
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
