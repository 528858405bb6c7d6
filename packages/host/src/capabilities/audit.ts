import type { AuditEntry } from '../types.js';
import type { AuditDetails } from './define.js';
import type { CapabilityError } from './error.js';

/** Longest reason in an audit entry. */
const MAX_REASON_LENGTH = 2_048;

/** One capability call on its way to its audit entry. */
export interface AuditRecord {
  /** Adds details; later ones replace earlier ones. */
  add(details: AuditDetails): void;
  /** Writes the entry. Call it once, with what the call failed with, if it did. */
  finish(failure?: CapabilityError): void;
}

/** Begins the record of a capability call. */
export function beginAudit(
  call: Pick<AuditEntry, 'extension' | 'callId' | 'capability'>,
  write: (entry: AuditEntry) => void,
): AuditRecord {
  const startMs = performance.now();
  const details: AuditDetails = {};
  return {
    add: (more) => void Object.assign(details, more),
    finish(failure) {
      const { target = '', bytes = 0, status } = details;
      const measured = { bytes, durationMs: performance.now() - startMs, ...(status === undefined ? {} : { status }) };
      write({ ...call, target, decision: 'allowed', ...(failure ? describe(failure) : {}), ...measured });
    },
  };
}

/** A sink that cannot hurt the call that writes to it: neither by a throw nor by a rejected promise. */
export function guardSink<Entry>(sink: ((entry: Entry) => unknown) | undefined): (entry: Entry) => void {
  if (!sink) return () => {};
  return (entry) => {
    try {
      Promise.resolve(sink(entry)).catch(() => {});
    } catch {
      // The sink's own problem: the call goes on.
    }
  };
}

/** The whole chain of causes: the operator may read what the guest may not. */
function describe(failure: CapabilityError): Pick<AuditEntry, 'decision' | 'reason'> {
  const texts: string[] = [];
  for (let current: unknown = failure, depth = 0; current !== undefined && depth < 5; depth++) {
    texts.push(current instanceof Error ? current.message : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  const reason = texts
    .filter((text) => text !== '')
    .join(': ')
    .slice(0, MAX_REASON_LENGTH);
  return { decision: failure.wire.code === 'E_SCOPE' ? 'denied' : 'allowed', reason };
}
