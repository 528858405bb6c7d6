/**
 * The part of the prelude that has a `WeakRef` keep its target until the end of the job that made
 * or read it, as ECMAScript says. The engine counts references and would forget it at once.
 */
export const PRELUDE_WEAK_REF = /* js */ `
const NativeWeakRef = WeakRef, settled = Promise.resolve();
const derefWeakRef = uncurry(WeakRef.prototype.deref), promiseThen = uncurry(Promise.prototype.then);
const { construct } = Reflect;
put(settled, 'constructor', undefined); // then would ask the guest's prototype for it
let kept = [];
function keepDuringJob(target) {
  if (kept.length === 0) promiseThen(settled, () => { kept = []; });
  put(kept, kept.length, target);
}
/** A Proxy shows no source, like a built-in, and passes this on. */
const WeakRefProxy = new NativeProxy(NativeWeakRef, {
  __proto__: null,
  construct(_, args, newTarget) {
    const made = construct(NativeWeakRef, args, newTarget);
    keepDuringJob(args[0]);
    return made;
  },
});
const { deref } = { deref() {
  const target = derefWeakRef(this);
  if (target !== undefined) keepDuringJob(target);
  return target;
} };
put(WeakRef.prototype, 'deref', new NativeProxy(deref, { __proto__: null }), false);
put(WeakRef.prototype, 'constructor', WeakRefProxy, false);
put(globalThis, 'WeakRef', WeakRefProxy, false);
`;
