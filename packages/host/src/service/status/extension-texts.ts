import { Groups, type Kinds } from './groups.js';
import { Recent, sizeOf } from './recent.js';
import type { StatusAudit, StatusError, StatusLog, StatusRecording, StatusTexts } from './status-data.js';

/** Errors: of one code, message and first line of the stack. */
export const ERROR_KINDS: Kinds<StatusError> = {
  length: 20,
  ownerOf: ({ extension }) => extension,
  textsOf: ({ code, message, stack }) => [code, message, stack?.split('\n', 1)[0]],
  // the key is about as long
  sizeOf: ({ message, stack, where, requestId }) => 2 * sizeOf(message, stack, where, requestId),
};
/** The same of all extensions. */
export const OVERALL_ERROR_KINDS: Kinds<StatusError> = { ...ERROR_KINDS, length: 10 };
/** Capability calls: denied ones are kept apart, so that no others push them out. */
export const AUDIT_KINDS: Kinds<StatusAudit> = {
  length: 30,
  ownerOf: ({ extension }) => extension,
  textsOf: ({ capability, target, status, reason }) => [capability, target, String(status), reason],
  sizeOf: ({ target, reason }) => 2 * sizeOf(target, reason),
};
/** The denied ones of all extensions. */
export const OVERALL_AUDIT_KINDS: Kinds<StatusAudit> = { ...AUDIT_KINDS, length: 10 };
/** Log lines of one extension. */
export const MAX_LINES = 100;
/** Recorded calls that failed, and as many that took longest. */
export const MAX_RECORDINGS = 10;
/** For how long a slow call counts. */
const MAX_AGE_MS = 3_600_000;

/** Keeps what one extension said, did and failed with, the last of it. */
export class ExtensionTexts {
  readonly #errors: Groups<StatusError> = new Groups(ERROR_KINDS);
  readonly #denied: Groups<StatusAudit> = new Groups(AUDIT_KINDS);
  readonly #allowed: Groups<StatusAudit> = new Groups(AUDIT_KINDS);
  readonly #logs: Recent<StatusLog> = new Recent(MAX_LINES);
  readonly #failures: Recent<StatusRecording> = new Recent(MAX_RECORDINGS);
  #slowest: StatusRecording[] = [];
  /** About how many bytes it takes. */
  bytes = 0;

  addError(error: StatusError): void {
    this.bytes += this.#errors.add(error);
  }

  addAudit(entry: StatusAudit): void {
    this.bytes += (entry.decision === 'denied' ? this.#denied : this.#allowed).add(entry);
  }

  addLine(line: StatusLog): void {
    this.bytes += this.#logs.add(line, sizeOf(line.message));
  }

  addFailure(recording: StatusRecording): void {
    this.bytes += this.#failures.add(recording, sizeOfRecording(recording));
  }

  /** Whether a call is among the slowest: then it is worth recording. */
  isSlow(durationMs: number): boolean {
    return this.#slowest.length < MAX_RECORDINGS || durationMs > this.#slowest.at(-1)!.durationMs;
  }

  addSlow(recording: StatusRecording): void {
    const sorted = [...this.#slowest, recording].toSorted((a, b) => b.durationMs - a.durationMs);
    this.#keepSlowest(sorted.slice(0, MAX_RECORDINGS));
  }

  /** Forgets slow calls of long ago. */
  expire(nowMs: number): void {
    this.#keepSlowest(this.#slowest.filter(({ timeMs }) => timeMs >= nowMs - MAX_AGE_MS));
  }

  #keepSlowest(kept: StatusRecording[]): void {
    const sizeOfAll = (list: readonly StatusRecording[]): number =>
      list.reduce((sum, one) => sum + sizeOfRecording(one), 0);
    this.bytes += sizeOfAll(kept) - sizeOfAll(this.#slowest);
    this.#slowest = kept;
  }

  get lists(): StatusTexts {
    return {
      errors: this.#errors.toArray(),
      denied: this.#denied.toArray(),
      allowed: this.#allowed.toArray(),
      logs: this.#logs.toArray(),
      failures: this.#failures.toArray(),
      slowest: this.#slowest,
    };
  }
}

function sizeOfRecording({ name, message, steps }: StatusRecording): number {
  return steps.reduce((sum, { text }) => sum + sizeOf(text), sizeOf(name, message));
}
