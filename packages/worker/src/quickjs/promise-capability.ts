import { type CallSite, takeCallSite } from './call-site.js';
import type { Pointer } from './ffi.js';
import type { Realm } from './realm.js';

/** A promise of the guest, what settles it, and where it was asked for. */
export interface PromiseCapability {
  promise: Pointer;
  resolve: Pointer;
  reject: Pointer;
  site: CallSite;
}

/** Makes a promise inside a native function. */
export function newPromise(realm: Realm): PromiseCapability {
  const { instance, pointers } = realm;
  const { argv, ctx } = pointers;
  const promise = instance.ffi.QTS_NewPromiseCapability(ctx, argv);
  const { words } = instance;
  return { promise, resolve: words[argv >> 2]!, reject: words[(argv >> 2) + 1]!, site: takeCallSite(realm) };
}

/** The values that it holds. */
export function heldBy({ promise, resolve, reject, site }: PromiseCapability): Pointer[] {
  return [promise, resolve, reject, ...site.map(({ func }) => func)];
}
