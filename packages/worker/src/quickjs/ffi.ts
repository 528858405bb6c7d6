import { EvalFlags } from '@jitl/quickjs-ffi-types';

import { markWritten } from './memory/cards.js';
import type { Instance } from './instance.js';

/** An address in an instance's memory. */
export type Pointer = number;

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();

/**
 * Copies text to the heap as UTF-8 with a closing NUL. The caller frees it.
 *
 * @throws RangeError if the heap is full
 */
export function newCString(instance: Instance, text: string): { at: Pointer; length: number } {
  const encoded = encoder.encode(text);
  const at = instance.module._malloc(encoded.length + 1);
  if (at === 0) throw new RangeError('the heap is full');
  const { bytes } = instance;
  bytes.set(encoded, at);
  bytes[at + encoded.length] = 0;
  markWritten(instance, at, encoded.length + 1);
  return { at, length: encoded.length };
}

/** Reads a NUL-terminated string from the heap. */
export function readCString({ bytes }: Instance, at: Pointer): string {
  return decoder.decode(bytes.subarray(at, bytes.indexOf(0, at)));
}

export interface EvaluateOptions {
  /** @default 'script' */
  as?: 'script' | 'module';
  /** What stack traces name it. @default 'sandglass' */
  filename?: string | undefined;
}

/** Evaluates a script or a module; the result may be an exception. */
export function evaluate(
  instance: Instance,
  ctx: Pointer,
  source: string,
  { as = 'script', filename = 'sandglass' }: EvaluateOptions = {},
): Pointer {
  const code = newCString(instance, source);
  const flags = as === 'module' ? EvalFlags.JS_EVAL_TYPE_MODULE : EvalFlags.JS_EVAL_TYPE_GLOBAL;
  const result = instance.ffi.QTS_Eval(ctx, code.at, code.length, filename, 0, flags);
  instance.module._free(code.at);
  return result;
}
