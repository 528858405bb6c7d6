import { FRAME, FRAME_BYTES, RUN } from './additions.js';
import type { Pointer } from './ffi.js';
import { instanceTable } from './instance-table.js';
import { markWritten } from './memory/cards.js';
import { heldBy, type PromiseCapability } from './promise-capability.js';
import type { Realm } from './realm.js';
import { ARGV_POINTERS } from './realm-pointers.js';

/** What a promise is settled with, and how. */
export interface Settling {
  promise: PromiseCapability;
  /** Fulfils it or rejects it. */
  settler: Pointer;
  /** The value; 0 for the one that lies encoded in the value buffer. */
  given: Pointer;
  /** A function that makes the value out of the one in the buffer; 0 for none. */
  parse: Pointer;
  /** The promise that a call comes to, for {@link Realm.ended}; 0 if nobody asks. */
  awaited: Pointer;
}

/**
 * Settles a promise and runs the jobs that waited for it, in one entry. What the realm owns is the
 * guest's alone from here on, and so is what the promise held.
 *
 * @returns false if the value cannot be read: the exception is for the taking.
 */
export function settlePromise(realm: Realm, { promise, settler, given, parse, awaited }: Settling): boolean {
  const { instance, layout, pointers } = realm;
  const { ctx, rt, argv, frame } = pointers;
  const held = heldBy(promise);
  realm.release(ARGV_POINTERS - held.length);
  const { owned } = realm;
  realm.forget();
  const freed = [...owned, ...held];
  instance.words.set(freed, argv >> 2);
  markWritten(instance, argv, 4 * freed.length);
  instance.words[(frame + FRAME.encoded) >> 2] = 0;
  markWritten(instance, frame, FRAME_BYTES);
  const isSettled = instanceTable.settlePromise(
    ctx,
    rt,
    pointers.valueBuffer,
    parse,
    given,
    settler,
    pointers.undefined,
    frame,
    argv,
    given === 0 ? argv + 4 * owned.length : argv, // a value that is given may be one of them
    argv + 4 * freed.length,
    awaited,
    layout.exceptionTag,
    RUN.encodes + (instanceTable.isLast(instance) ? 0 : RUN.prefetches),
    instance.entry + 2,
  );
  if (isSettled === 0) realm.own(instance.words[(frame + FRAME.argument) >> 2]!);
  return isSettled !== 0;
}
