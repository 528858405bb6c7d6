/**
 * Whether something has to be awaited. Not by `instanceof`: a promise of another realm, as node:vm
 * returns one, is none here.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
