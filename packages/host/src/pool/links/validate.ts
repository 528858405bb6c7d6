import { isAnyArrayBuffer, isArrayBuffer, isUint8Array } from 'node:util/types';

import { MAX_THROWN_BYTES, unpackOutcomes } from '@sandglass/core';
import type {
  CapabilityCallWire,
  EngineStats,
  ErrorWire,
  LoadedWire,
  OutcomeWire,
  Registration,
  UsageWire,
} from '@sandglass/core';

import { isErrorCode } from '../jobs/call-errors.js';

/**
 * Checks of what comes from an engine, which a guest may have taken over.
 *
 * Each function returns a fresh or proven value, or undefined for what no sound engine sends.
 * Structured clone has made plain data of it: reading a property runs no code.
 */

/** Longest text of an engine that is kept, in UTF-16 code units. */
const MAX_MESSAGE_LENGTH = 65_536;
/** Registrations of one extension. Directus extensions have a handful; this only bounds memory. */
const MAX_REGISTRATIONS = 10_000;
/**
 * Arguments of one capability call. Capabilities declare how many they take; this only bounds the
 * work of the check.
 */
const MAX_ARGUMENTS = 16;

type Plain = Record<string, unknown>;

/**
 * Bytes that nobody else can change: not on shared memory. Of whatever realm: in a `node:vm`
 * context, what a thread posts is of the main one.
 */
export function isBytes(value: unknown): value is Uint8Array {
  if (!(value instanceof Uint8Array) && !isUint8Array(value)) return false;
  return value.buffer instanceof ArrayBuffer || isArrayBuffer(value.buffer);
}

/**
 * What one message may list. A thread sends what it has after a slice: a few thousand at the most.
 */
const MAX_LIST_LENGTH = 100_000;

/** A list within `maxLength`, or undefined. Its elements are still unchecked. */
export function readList(value: unknown, maxLength: number = MAX_LIST_LENGTH): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length <= maxLength ? value : undefined;
}

/**
 * Outcomes as a thread sends them: an `OutcomesWire`, if all is well.
 *
 * @returns undefined for anything else. Each outcome is still to be checked.
 */
export function readOutcomes(message: unknown): OutcomeWire[] | undefined {
  const { packed, errors = [] } = asObject(message) ?? {};
  const bytes = typeof packed === 'string' ? Buffer.from(packed, 'latin1') : packed;
  const isSound = isBytes(bytes) && Array.isArray(errors) && errors.length <= MAX_LIST_LENGTH;
  return isSound ? unpackOutcomes(bytes, errors) : undefined;
}

/** Id of the call that a message is about, or undefined. A negative one stands for a load. */
export function readCallId(value: unknown): number | undefined {
  const callId = asObject(value)?.['callId'];
  return typeof callId === 'number' && Number.isInteger(callId) && callId !== 0 ? callId : undefined;
}

/** The outcome of a call. Sizes are the ledger's to judge. */
export function readOutcome(value: unknown): OutcomeWire | undefined {
  const raw = asObject(value);
  const callId = readCallId(raw);
  if (raw === undefined || callId === undefined) return undefined;
  const usage = readUsage(raw['usage']);
  const goesOn = raw['goesOn'] === true;
  if (raw['ok'] === true) {
    const result = raw['value'];
    return isBytes(result) ? { callId, ok: true, value: result, usage, goesOn } : undefined;
  }
  const error = raw['ok'] === false ? readErrorWire(raw['error']) : undefined;
  return error && { callId, ok: false, error, usage, goesOn };
}

/** A capability call. That the call exists, and may make it, is the ledger's to judge. */
export function readCapabilityCall(value: unknown): CapabilityCallWire | undefined {
  const raw = asObject(value);
  const callId = readCallId(raw);
  if (raw === undefined || callId === undefined) return undefined;
  const { seq, name } = raw;
  const args = readList(raw['args'], MAX_ARGUMENTS);
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) return undefined;
  if (typeof name !== 'string' || !args?.every(isBytes)) return undefined;
  return { callId, seq, name, args: args as Uint8Array[] }; // every element was just checked
}

/** An error, with its text cut to a bound. */
export function readErrorWire(value: unknown): ErrorWire | undefined {
  const raw = asObject(value);
  if (raw === undefined || !isErrorCode(raw['code'])) return undefined;
  const error: ErrorWire = { code: raw['code'], message: text(raw['message']) };
  const limit = asObject(raw['limit']);
  if (limit && typeof limit['name'] === 'string' && isNumber(limit['value'])) {
    // only shown
    const name = limit['name'].slice(0, 64) as NonNullable<ErrorWire['limit']>['name'];
    error.limit = isNumber(limit['used'])
      ? { name, value: limit['value'], used: limit['used'] }
      : { name, value: limit['value'] };
  }
  const { thrown } = raw;
  if (isBytes(thrown) && thrown.length <= MAX_THROWN_BYTES) error.thrown = thrown;
  return error;
}

/** What a load came to: what it resolved to, or why it failed. */
export function readLoadReply(value: unknown): LoadedWire | ErrorWire | undefined {
  const raw = asObject(value);
  if (raw?.['ok'] === true) return readLoaded(raw['loaded']);
  return raw && readErrorWire(raw['error']);
}

function readLoaded(value: unknown): LoadedWire | undefined {
  const raw = asObject(value);
  const snapshot = asObject(raw?.['snapshot']);
  const registrations = readList(raw?.['registrations'], MAX_REGISTRATIONS)?.map(readRegistration);
  const bytes = snapshot?.['bytes'];
  const key = snapshot?.['key'];
  if (!registrations?.every((registration) => registration !== undefined)) return undefined;
  if (typeof key !== 'string' || !isAnyArrayBuffer(bytes)) return undefined;
  const offered = OFFERED.find((each) => each === raw?.['offered']);
  const loaded: LoadedWire = { registrations, snapshot: { key, bytes }, heapBytes: nonNegative(raw?.['heapBytes']) };
  return offered ? { ...loaded, offered } : loaded;
}

/** Counters of an engine; what is missing or no number counts as 0. */
export function readEngineStats(value: unknown): EngineStats | undefined {
  const raw = asObject(value);
  return (
    raw && {
      sandboxes: nonNegative(raw['sandboxes']),
      snapshots: nonNegative(raw['snapshots']),
      restores: nonNegative(raw['restores']),
      replacements: nonNegative(raw['replacements']),
      failures: nonNegative(raw['failures']),
      memoryBytes: nonNegative(raw['memoryBytes']),
    }
  );
}

const OFFERED = ['used', 'damaged', 'foreign'] as const satisfies LoadedWire['offered'][];
const METHODS: ReadonlySet<unknown> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

function readRegistration(value: unknown): Registration | undefined {
  const raw = asObject(value);
  const handler = raw?.['handler'];
  if (raw === undefined || typeof handler !== 'number' || !Number.isInteger(handler) || handler < 0) return undefined;
  const { type, method, path, event, id } = raw;
  if (type === 'route') {
    if (!METHODS.has(method) || typeof path !== 'string') return undefined;
    return { type, method: method as 'GET', path, handler }; // one of METHODS
  }
  if (type === 'filter' || type === 'action') return typeof event === 'string' ? { type, event, handler } : undefined;
  if (type === 'operation') return typeof id === 'string' ? { type, id, handler } : undefined;
  return undefined;
}

function readUsage(value: unknown): UsageWire {
  const raw = asObject(value);
  return { cpuTimeMs: nonNegative(raw?.['cpuTimeMs']), heapBytes: nonNegative(raw?.['heapBytes']) };
}

function asObject(value: unknown): Plain | undefined {
  // its keys stay unknown
  return typeof value === 'object' && value !== null ? (value as Plain) : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function nonNegative(value: unknown): number {
  return isNumber(value) && value > 0 ? value : 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_MESSAGE_LENGTH) : '';
}
