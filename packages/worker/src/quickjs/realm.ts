import { FORM, hasUndefinedElement, type Slab } from '@sandglass/core';

import { markWritten } from './memory/cards.js';
import { instanceTable } from './instance-table.js';
import { newCString, readCString, type Pointer } from './ffi.js';
import type { Layout } from './memory/layout.js';
import type { Instance } from './instance.js';
import { FRAME, FRAME_BYTES, JOBS_PER_ROUND, RUN } from './additions.js';
import { VALUE_BUFFER_BYTES, type RealmPointers } from './realm-pointers.js';
import { bufferOf, copyIn, copyOut } from './encoded-bytes.js';

/** A JSValue in a 32-bit build: payload and tag. */
const JS_VALUE_BYTES = 8;

const PROMISE_STATES = ['pending', 'fulfilled', 'rejected'] as const;

/** The state of a promise or another value. `value` is 0 if the heap was too full to hold it. */
export interface Progress {
  state: (typeof PROMISE_STATES)[number];
  value: Pointer;
  /** The address of the promise, if it is one that was rejected: see {@link Realm.addressOf}. */
  promise?: Pointer;
}

/**
 * One runtime with one context: values by pointer, calls, promises and copies.
 *
 * Pointers are owned by the realm and given up together by `release`, except those of a {@link
 * PromiseCapability}.
 */
export class Realm {
  readonly instance: Instance;
  readonly layout: Layout;
  readonly pointers: RealmPointers;
  readonly #rt: Pointer;
  readonly #ctx: Pointer;
  /**
   * The owned values, then stale entries. The array is never shortened, since it would be allocated
   * anew with every call.
   */
  readonly #owned: Pointer[] = [];
  #ownedCount = 0;
  /** The result of the last handler, and its encoding; 0 if it was not encoded. */
  #last: Pointer = 0;
  #encoded: Pointer = 0;

  /** Takes over a realm that lies in the instance's memory already. */
  constructor(instance: Instance, layout: Layout, pointers: RealmPointers) {
    this.instance = instance;
    this.layout = layout;
    this.pointers = pointers;
    this.#rt = pointers.rt;
    this.#ctx = pointers.ctx;
  }

  /** Whether jobs of promises wait to be run: the head of an empty list points to itself. */
  get hasJobs(): boolean {
    const at = this.pointers.rt + this.layout.jobsOffset;
    return this.instance.words[at >> 2] !== at;
  }

  /** Marks a value for `release`. */
  own(value: Pointer): Pointer {
    if (value !== 0) this.#owned[this.#ownedCount++] = value;
    return value;
  }

  /** What is owned, oldest first. */
  get owned(): Pointer[] {
    return this.#owned.slice(0, this.#ownedCount);
  }

  /** How many values are owned, for {@link release}. */
  get ownedCount(): number {
    return this.#ownedCount;
  }

  /** Frees the owned values, except for the first `kept`. Before a restore, `forget` is enough. */
  release(kept = 0): void {
    while (this.#ownedCount > kept) this.free(this.#owned[--this.#ownedCount]!);
  }

  /** Drops the list of owned values without touching the heap, which is about to be restored. */
  forget(): void {
    this.#ownedCount = 0;
    this.#last = 0;
  }

  /** Keeps a value beyond `release`. */
  keep(value: Pointer): Pointer {
    return this.instance.ffi.QTS_DupValuePointer(this.#ctx, value);
  }

  free(value: Pointer): void {
    this.instance.ffi.QTS_FreeValuePointer(this.#ctx, value);
  }

  isException(value: Pointer): boolean {
    return value === 0 || this.instance.words[(value >> 2) + 1] === this.layout.exceptionTag;
  }

  /** Takes the pending exception; 0 if the heap is too full to hold it. */
  takeException(exception: Pointer): Pointer {
    return exception === 0 ? 0 : this.own(this.instance.ffi.QTS_ResolveException(this.#ctx, exception));
  }

  /** What is the same of all values that are one object, as long as that lives. */
  addressOf(object: Pointer): Pointer {
    return this.instance.words[object >> 2]!;
  }

  /** The address of an argument of a native function. */
  argument(argv: Pointer, index: number): Pointer {
    return argv + index * JS_VALUE_BYTES;
  }

  typeOf(value: Pointer): string {
    const at = this.instance.ffi.QTS_Typeof(this.#ctx, value);
    if (at === 0) return '';
    const text = readCString(this.instance, at);
    this.instance.module._free(at);
    return text;
  }

  call(target: Pointer, ...args: Pointer[]): Pointer {
    const { argv } = this.pointers;
    for (let i = 0; i < args.length; i++) this.instance.words[(argv >> 2) + i] = args[i]!;
    markWritten(this.instance, argv, args.length * 4);
    return this.own(this.instance.ffi.QTS_Call(this.#ctx, target, this.pointers.undefined, args.length, argv));
  }

  /**
   * Calls a handler with an encoded value and runs it until it returns or is suspended. With
   * `encodes`, the result is encoded in the same entry, and {@link encode} finds it done.
   *
   * @returns undefined, before anything happened, if the value does not fit in the value buffer or
   *   is not {@link FORM.direct}.
   */
  invoke(handler: Pointer, encoded: Uint8Array, encodes: boolean): Progress | undefined {
    if (encoded[0] !== FORM.direct || !this.putIntoBuffer(encoded)) return undefined;
    const { instance, layout, pointers } = this;
    const { valueBuffer, frame } = pointers;
    markWritten(instance, frame, FRAME_BYTES);
    const result = instanceTable.runHandler(
      pointers.ctx,
      valueBuffer,
      handler,
      pointers.undefined,
      frame,
      layout.exceptionTag,
      layout.objectTag,
      (encodes ? RUN.encodes : 0) + (instanceTable.isLast(instance) ? 0 : RUN.prefetches),
      instance.entry,
    );
    const { words } = instance; // of the memory as it is now
    const argument = words[(frame + FRAME.argument) >> 2]!;
    this.own(argument);
    if (result !== argument) this.own(result);
    if (this.isException(result)) return { state: 'rejected', value: this.takeException(result) };
    return this.ended(result);
  }

  /** What a handler returned, and what that has come to: as the frame says. */
  ended(returned: Pointer): Progress {
    const { words } = this.instance;
    const { frame } = this.pointers;
    const value = words[(frame + FRAME.value) >> 2]!;
    if (value !== returned) this.own(value);
    this.#encoded = this.own(words[(frame + FRAME.encoded) >> 2]!);
    this.#last = this.#encoded === 0 ? 0 : value;
    const state = PROMISE_STATES[words[(frame + FRAME.state) >> 2]!] ?? 'fulfilled';
    return state === 'rejected' ? { state, value, promise: this.addressOf(returned) } : { state, value };
  }

  newString(text: string): Pointer {
    const { at } = newCString(this.instance, text);
    const value = this.instance.ffi.QTS_NewString(this.#ctx, at);
    this.instance.module._free(at);
    return this.own(value);
  }

  newNumber(value: number): Pointer {
    return this.instance.ffi.QTS_NewFloat64(this.#ctx, value);
  }

  /** A native function; calling it reaches the instance's `callFunction` hook with this id. */
  newFunction(name: string, id: number): Pointer {
    return this.own(this.instance.ffi.QTS_NewFunction(this.#ctx, name, 0, false, id));
  }

  /** `index` of an array, or a named property. */
  get(target: Pointer, key: string | number): Pointer {
    const { ffi } = this.instance;
    if (typeof key === 'number') return this.own(ffi.QTS_GetPropNumber(this.#ctx, target, key));
    return this.own(ffi.QTS_GetProp(this.#ctx, target, this.newString(key)));
  }

  set(target: Pointer, key: string, value: Pointer): void {
    this.instance.ffi.QTS_SetProp(this.#ctx, target, this.newString(key), value);
  }

  newObject(): Pointer {
    return this.own(this.instance.ffi.QTS_NewObject(this.#ctx));
  }

  global(): Pointer {
    return this.own(this.instance.ffi.QTS_GetGlobalObject(this.#ctx));
  }

  toNumber(value: Pointer): number {
    return this.instance.ffi.QTS_GetFloat64(this.#ctx, value);
  }

  /** Raises an error in the guest; the result is what a host function returns for it. */
  throw(error: Pointer): Pointer {
    return this.instance.ffi.QTS_Throw(this.#ctx, error);
  }

  stateOf(value: Pointer): Progress {
    const { ffi, words } = this.instance;
    const isObject = words[(value >> 2) + 1] === this.layout.objectTag;
    const state = isObject ? PROMISE_STATES[ffi.QTS_PromiseState(this.#ctx, value)] : undefined;
    if (state === undefined) return { state: 'fulfilled', value }; // not a promise
    if (state === 'pending') return { state, value };
    const result = this.own(ffi.QTS_PromiseResult(this.#ctx, value));
    return state === 'rejected' ? { state, value: result, promise: this.addressOf(value) } : { state, value: result };
  }

  /** Runs promise jobs until none waits or the listener says so. */
  runJobs(listener: { mustStop(): boolean }): void {
    const { ffi } = this.instance;
    while (ffi.QTS_IsJobPending(this.#rt) && !listener.mustStop()) {
      const result = ffi.QTS_ExecutePendingJob(this.#rt, JOBS_PER_ROUND, this.pointers.argv);
      if (result !== 0) this.free(result);
    }
  }

  /** Branches and calls until the interrupt handler is asked. The engine begins at 10,000. */
  set countdown(polls: number) {
    const at = this.pointers.ctx + this.layout.countdownOffset;
    this.instance.words[at >> 2] = polls;
    markWritten(this.instance, at, 4);
  }

  /** Copies a value into the realm. May be an exception. The form byte is left to the caller. */
  decode(encoded: Uint8Array): Pointer {
    const { ffi, module } = this.instance;
    if (this.putIntoBuffer(encoded)) return this.own(ffi.QTS_bjson_decode(this.#ctx, this.pointers.valueBuffer));
    const length = encoded.length - 1;
    const at = module._malloc(length);
    if (at === 0) return 0;
    copyIn(encoded, this.instance.bytes, at);
    markWritten(this.instance, at, length);
    const buffer = ffi.QTS_NewArrayBuffer(this.#ctx, at, length); // owns the bytes
    if (buffer === 0) return 0;
    const value = this.own(ffi.QTS_bjson_decode(this.#ctx, buffer));
    this.free(buffer);
    return value;
  }

  /** Puts an encoded value into the value buffer, but for its form. @returns whether it fits */
  putIntoBuffer(encoded: Uint8Array): boolean {
    const length = encoded.length - 1;
    if (length > VALUE_BUFFER_BYTES) return false;
    const { valueBufferData } = this.pointers;
    copyIn(encoded, this.instance.bytes, valueBufferData);
    markWritten(this.instance, valueBufferData, length);
    return true;
  }

  /**
   * Encodes a value in C: no guest code runs. A heap too full for the copy ends the instance: the
   * engine would go on without room, for a minute with an array of four billion holes, and return a
   * part of the value.
   *
   * @param slab where the bytes are put, if they are few. @default a buffer of their own
   * @returns undefined if only the prelude can take it apart (or nobody can); no exception is left
   *   behind.
   */
  encode(value: Pointer, form: number, slab?: Slab): Uint8Array<ArrayBuffer> | undefined {
    const isDone = value !== 0 && value === this.#last;
    this.#last = 0; // the pointer may be another value's from here on
    const buffer = isDone ? this.#encoded : this.own(this.instance.functions.encode(this.pointers.ctx, value));
    if (this.isException(buffer)) {
      this.takeException(buffer);
      return undefined;
    }
    const { at, length } = bufferOf(this.instance, this.layout, buffer);
    const result = slab ? slab.take(length + 1) : new Uint8Array(length + 1);
    result[0] = form;
    copyOut(this.instance.bytes, at, result);
    return form === FORM.direct && hasUndefinedElement(result) ? undefined : result;
  }
}
