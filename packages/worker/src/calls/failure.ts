import {
  describeLimit,
  decodeValue,
  encodeValue,
  MAX_THROWN_BYTES,
  type ErrorWire,
  type ExtensionWire,
  type ThrownWire,
} from '@sandglass/core';

import type { Call } from './call.js';
import { limitFailure } from './limit-failure.js';
import type { Pointer } from '../quickjs/ffi.js';
import { PoisonedError } from '../sandbox/sandbox.js';

/**
 * Says why a call failed. The engine's own facts come first: a limit that it enforced, a memory
 * that was full, a stack that was used up. Without such a fact, the error is the guest's, whatever
 * it claims to be.
 *
 * @param thrown the guest's value; 0 if the heap was too full to hold one.
 */
export function describeFailure(call: Call, thrown: Pointer): ErrorWire {
  if (call.stopped) return stoppedFailure(call, call.stopped, thrown);
  const described = thrown === 0 ? undefined : describe(call, thrown);
  if (call.stopped) return call.stopped; // describing it ran guest code
  const { extension, sandbox } = call;
  const { parsed, bytes } = described ?? {};
  if (sandbox.refusedBytes > 0 && (!parsed || isOutOfMemory(parsed))) return withThrown(memoryFailure(call), bytes);
  if (parsed && isEngineError(parsed, /stack overflow/) && sandbox.reachedStackLimit())
    return withThrown(stackFailure(extension), bytes);
  if (!described) return { code: 'E_GUEST', message: 'The extension threw an error that cannot be read' };
  const [code, kind, nameOrValue, message = ''] = described.parsed;
  return {
    code: code || 'E_GUEST',
    message: kind === 'error' ? message : String(nameOrValue),
    thrown: described.bytes,
  };
}

/** Why a call was stopped, with the stack of the error that the engine ended its code with. */
function stoppedFailure({ sandbox }: Call, stopped: ErrorWire, thrown: Pointer): ErrorWire {
  const encoded = thrown === 0 ? undefined : sandbox.stackOf(thrown);
  const stack = encoded && (decodeValue(encoded) as string); // made by the prelude
  if (!stack) return stopped;
  const description: ThrownWire = ['', 'error', 'InternalError', 'interrupted', stack];
  return withThrown(stopped, encodeValue(description));
}

function withThrown(error: ErrorWire, thrown: Uint8Array | undefined): ErrorWire {
  return thrown ? { ...error, thrown } : error;
}

interface Described {
  bytes: Uint8Array;
  parsed: ThrownWire;
}

/**
 * Describes a thrown value. If the description is too long or cannot be decoded, a brief one is
 * made.
 */
function describe(call: Call, thrown: Pointer): Described | undefined {
  const maxBytes = Math.min(MAX_THROWN_BYTES, call.extension.limits.maxResultBytes);
  for (const isBrief of [false, true]) {
    const bytes = call.sandbox.describe(call, thrown, isBrief);
    if (!bytes || call.mustStop()) return undefined;
    if (bytes.length > maxBytes && !isBrief) continue;
    const parsed = parse(bytes);
    if (parsed) return { bytes, parsed };
  }
  return undefined;
}

function parse(bytes: Uint8Array): ThrownWire | undefined {
  try {
    return decodeValue(bytes) as ThrownWire; // made by the prelude
  } catch {
    return undefined; // more parts than anybody reads
  }
}

/** Whether the engine threw for want of memory. It throws null if there is no room for an error. */
function isOutOfMemory(description: ThrownWire): boolean {
  const [, kind, value] = description;
  return (kind === 'value' && value === null) || isEngineError(description, /out of memory/);
}

/**
 * Whether an error looks like one of the engine's own. A guest can make one too, so that this alone
 * decides nothing.
 */
function isEngineError([, kind, name, message = '']: ThrownWire, text: RegExp): boolean {
  return kind === 'error' && (name === 'InternalError' || name === 'SyntaxError') && text.test(message);
}

/**
 * Says why an instance had to be dropped. A trap is the guest's doing: only guest code runs there,
 * and an engine without memory or stack traps. A trap that no limit explains is counted, since it
 * shows a fault of the engine as well.
 */
export function describePoison(error: unknown, call: Call): ErrorWire {
  if (call.stopped) return call.stopped;
  if (call.sandbox.refusedBytes > 0) return memoryFailure(call);
  const cause: unknown = error instanceof PoisonedError ? error.cause : error;
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
  if (name === 'RangeError') return stackFailure(call.extension);
  call.countFailure();
  const why = `Cannot go on running "${call.extension.name}": its sandbox failed: ${name}: ${message}`;
  return { code: name === 'RuntimeError' ? 'E_GUEST' : 'E_WORKER_LOST', message: why };
}

function memoryFailure({ extension, sandbox, maxMemoryBytes }: Call): ErrorWire {
  const { refusedBytes, isShort } = sandbox;
  if (isShort) return shortFailure(extension, maxMemoryBytes, refusedBytes);
  return limitFailure('E_MEMORY', extension, 'memoryLimitBytes', refusedBytes);
}

/** The error of a call that the pool has no memory for. */
export function shortFailure({ name }: ExtensionWire, value: number, used: number): ErrorWire {
  const message = `Cannot go on running "${name}": ${describeLimit('maxMemoryBytes', value, used)}`;
  return { code: 'E_MEMORY', message, limit: { name: 'maxMemoryBytes', value, used } };
}

function stackFailure(extension: ExtensionWire): ErrorWire {
  return limitFailure('E_STACK', extension, 'stackBytes');
}
