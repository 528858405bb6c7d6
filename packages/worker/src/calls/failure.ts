import {
  decodeValue,
  encodeValue,
  revive,
  type ErrorCode,
  type ErrorWire,
  type ExtensionWire,
  type Table,
} from '@sandglass/core';

import type { Call } from './call.js';
import { limitFailure } from './limit-failure.js';
import type { Pointer } from '../quickjs/ffi.js';
import { PoisonedError } from '../sandbox/sandbox.js';

/** What `describeThrown` of the prelude answers. */
type Description = [
  code: ErrorCode | '',
  kind: 'value' | 'error',
  nameOrValue: unknown,
  message: string,
  stack: string,
  data: Table | undefined,
];

/**
 * Says why a call failed, from the engine's own facts first: a limit it enforced, a memory that was full, a stack that was
 * used up. Only then what the guest threw counts, and an error that claims to be one of those is just a guest's error.
 *
 * @param thrown the guest's value; 0 if the heap was too full to hold one.
 */
export function describeFailure(call: Call, thrown: Pointer): ErrorWire {
  if (call.stopped) return call.stopped;
  const description = thrown === 0 ? undefined : call.sandbox.describe(call, thrown);
  if (call.stopped) return call.stopped; // describing it ran guest code
  const { extension, sandbox } = call;
  const parsed = description && (decodeValue(description) as Description); // made by the prelude
  if (sandbox.refusedBytes > 0 && (!parsed || isOutOfMemory(parsed))) return memoryFailure(call);
  if (parsed && isEngineError(parsed, /stack overflow/) && sandbox.reachedStackLimit()) return stackFailure(extension);
  if (!parsed) return { code: 'E_GUEST', message: 'The extension threw an error that cannot be read' };
  const [code, kind, nameOrValue, message, stack, data] = parsed;
  const plain =
    kind === 'value'
      ? { kind, value: nameOrValue }
      : { kind, name: nameOrValue, message, stack: guestFrames(stack), data: data && revive(data) };
  return {
    code: code || 'E_GUEST',
    message: kind === 'error' ? message : String(nameOrValue),
    thrown: encodeValue(plain),
  };
}

/** At the very end of the heap, the engine throws null for want of room for an error. */
function isOutOfMemory(description: Description): boolean {
  const [, kind, value] = description;
  return (kind === 'value' && value === null) || isEngineError(description, /out of memory/);
}

/** Errors of the engine itself are of these classes; a guest can make one too, so it is never the only fact. */
function isEngineError([, kind, name, message]: Description, text: RegExp): boolean {
  return kind === 'error' && (name === 'InternalError' || name === 'SyntaxError') && text.test(message);
}

/** A stack without the frames of the prelude. */
function guestFrames(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => !line.includes('(sandglass:'))
    .join('\n');
}

/**
 * Says why an instance had to be dropped. A trap is the guest's doing: nothing but guest code runs there, and an engine that has run out of memory or
 * stack traps where it does not expect it. What no limit explains is counted, since it is a fault of the engine's as well.
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
  const message = `Cannot go on running "${name}": ${used} bytes of heap, and maxMemoryBytes of the pool, ${value}, is used up`;
  return { code: 'E_MEMORY', message, limit: { name: 'maxMemoryBytes', value, used } };
}

function stackFailure(extension: ExtensionWire): ErrorWire {
  return limitFailure('E_STACK', extension, 'stackBytes');
}
