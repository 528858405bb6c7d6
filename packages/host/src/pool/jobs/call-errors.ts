import { decodeValue, describeLimit, ERROR_CODES, revive, SandglassError } from '@sandglass/core';
import type { ErrorCode, ErrorWire, Limits, Table, ThrownWire } from '@sandglass/core';

/** For whom a call or a load was. */
export interface CallOrigin {
  extension: string;
  /** Absent for a load. */
  callId?: number | undefined;
}

/**
 * Turns what an engine reports into the error that the caller gets.
 *
 * @param wire already checked by `readErrorWire`; `thrown` may hold anything.
 * @returns for `E_GUEST`, the guest's own message; `cause` is what the guest threw.
 */
export function toSandglassError(wire: ErrorWire, origin: CallOrigin): SandglassError {
  const options = { ...origin, limit: wire.limit };
  if (!wire.thrown) return new SandglassError(wire.code, wire.message, options);
  return new SandglassError(wire.code, wire.message, { ...options, cause: readThrown(decodeThrown(wire.thrown)) });
}

/** The error of a call that used up one of its limits. */
export function limitError(
  code: ErrorCode,
  origin: CallOrigin,
  limit: { name: keyof Limits | 'maxMemoryBytes'; value: number; used?: number },
): SandglassError {
  const why = describeLimit(limit.name, limit.value, limit.used);
  return new SandglassError(code, `Cannot finish "${origin.extension}": ${why}`, {
    ...origin,
    limit,
  });
}

/** Whether a string is one of the error codes; names inherited from Object.prototype are not. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

function decodeThrown(bytes: Uint8Array): unknown {
  try {
    return decodeValue(bytes);
  } catch {
    return undefined;
  }
}

/** What the guest threw, as a value of the host; undefined if the description is forged. */
export function readThrown(thrown: unknown): unknown {
  if (!Array.isArray(thrown)) return undefined;
  // a list: any index may be read
  const [, kind, nameOrValue, message, stack, data] = thrown as Partial<ThrownWire>;
  if (kind === 'value') return nameOrValue;
  if (kind !== 'error') return undefined;
  const cause = readData(data);
  const error = new Error(text(message), cause === undefined ? undefined : { cause });
  own(error, 'name', text(nameOrValue) || 'Error');
  own(error, 'stack', guestFrames(text(stack)));
  return error;
}

/** The data of what was thrown; undefined if there is none, or none that can be made here. */
function readData(table: unknown): unknown {
  try {
    return table === undefined ? undefined : revive(table as Table); // revive checks what it reads
  } catch {
    return undefined;
  }
}

/** A stack without the frames of the prelude. */
function guestFrames(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => !line.includes('(sandglass:'))
    .join('\n');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Defines instead of assigns: the guest chooses the text, and no setter may see it. */
function own(error: Error, key: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}
