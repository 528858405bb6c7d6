import { cutText } from '../cut-text.js';
import type { AuditEntry } from '../types.js';
import type { AuditDetails } from './define.js';
import type { CapabilityError } from './error.js';

/** Longest reason, and longest target, in an audit entry. */
const MAX_TEXT_LENGTH = 2_048;

/** Which capability call it is. */
interface Audited extends Pick<AuditEntry, 'extension' | 'callId' | 'capability'> {
  requestId: string | undefined;
}

/**
 * One capability call on its way to its audit entry. A class, no literal: see `LinkedList` in core.
 */
export class AuditRecord {
  readonly #call: Audited;
  readonly #write: (entry: AuditEntry) => void;
  readonly #startMs: number = performance.now();
  readonly #details: AuditDetails = {};

  constructor(call: Audited, write: (entry: AuditEntry) => void) {
    this.#call = call;
    this.#write = write;
  }

  /** Adds details; later ones replace earlier ones. */
  readonly add = (more: AuditDetails): void => {
    Object.assign(this.#details, more);
  };

  /** Writes the entry. Call it once, with what the call failed with, if it did. */
  finish(failure?: CapabilityError): void {
    const { extension, callId, capability, requestId } = this.#call;
    const { target = '', bytes = 0, status } = this.#details;
    const durationMs = performance.now() - this.#startMs;
    // Field by field: an object that is spread together gets a hidden class of its own, see
    // `Context`.
    const entry: AuditEntry = {
      extension,
      callId,
      capability,
      target: cutText(target, MAX_TEXT_LENGTH),
      decision: 'allowed',
      bytes,
      durationMs,
    };
    if (failure) Object.assign(entry, describe(failure));
    if (status !== undefined) entry.status = status;
    if (requestId !== undefined) entry.requestId = requestId;
    this.#write(entry);
  }
}

/**
 * A sink that cannot hurt the call that writes to it: neither by a throw nor by a rejected promise.
 */
export function guardSink<Entry>(sink: ((entry: Entry) => unknown) | undefined): (entry: Entry) => void {
  if (!sink) return () => {};
  return (entry) => {
    try {
      const told = sink(entry);
      if (told !== undefined) Promise.resolve(told).catch(() => {});
    } catch {
      // The sink's own problem: the call goes on.
    }
  };
}

/** The whole chain of causes: the operator may read what the guest may not. */
function describe(failure: CapabilityError): Pick<AuditEntry, 'decision' | 'reason'> {
  const texts: string[] = [];
  for (let current: unknown = failure, depth = 0; current !== undefined && depth < 5; depth++) {
    texts.push((current instanceof Error ? current.message : String(current)).slice(0, MAX_TEXT_LENGTH));
    current = current instanceof Error ? current.cause : undefined;
  }
  const reason = texts.filter((text) => text !== '').join(': ');
  return { decision: failure.wire.code === 'E_SCOPE' ? 'denied' : 'allowed', reason: cutText(reason, MAX_TEXT_LENGTH) };
}
