import { FRAME_BYTES, REJECTION_BYTES } from './additions.js';
import type { Pointer } from './ffi.js';
import type { Instance } from './instance.js';

/**
 * Values up to this size are decoded from a buffer that is part of the realm, larger ones from one
 * of their own.
 */
export const VALUE_BUFFER_BYTES = 4_096;

/** Pointers that `argv` has room for: arguments of a call, or values to free. */
export const ARGV_POINTERS = 32;

/** Pointers that a snapshot carries from one instance to the next. */
export interface RealmPointers {
  rt: Pointer;
  ctx: Pointer;
  undefined: Pointer;
  /** Room for {@link ARGV_POINTERS}. */
  argv: Pointer;
  /** See {@link FRAME}. */
  frame: Pointer;
  valueBuffer: Pointer;
  valueBufferData: Pointer;
}

/**
 * Makes a runtime and a context with every built-in.
 *
 * @param stackBytes how much C stack guest code may use
 */
export function createRealmPointers({ ffi, module, functions }: Instance, stackBytes: number): RealmPointers {
  const rt = ffi.QTS_NewRuntime();
  const ctx = ffi.QTS_NewContext(rt, 0); // 0: all intrinsics
  ffi.QTS_RuntimeSetMaxStackSize(rt, stackBytes);
  ffi.QTS_RuntimeEnableInterruptHandler(rt);
  ffi.QTS_RuntimeEnableModuleLoader(rt, 1);
  functions.trackRejections(rt, module._malloc(REJECTION_BYTES));
  const valueBufferData = module._malloc(VALUE_BUFFER_BYTES);
  const valueBuffer = ffi.QTS_NewArrayBuffer(ctx, valueBufferData, VALUE_BUFFER_BYTES);
  return {
    rt,
    ctx,
    undefined: ffi.QTS_GetUndefined(),
    argv: module._malloc(4 * ARGV_POINTERS),
    frame: module._malloc(FRAME_BYTES),
    valueBuffer,
    valueBufferData,
  };
}
