// Setters for indices on Array.prototype: glue that assigns into a fresh array hands over each element.
// class: prototype pollution | expect: contained
import { log, sleep, request } from 'directus:api';
export default async function probe() {
  const seen = [];
  const put = Object.defineProperty;
  for (const key of ['0', '1', '2', '3']) put(Array.prototype, key, { configurable: true, get() { return undefined; }, set(value) { put(seen, seen.length, { value, configurable: true }); } });
  try { log({}); } catch {}
  try { await request('https://allowed.test/', { deep: new Map([['k', new Set([1, 2])]]), holes: [1, , 2] }); } catch {}
  try { throw Object.assign(new Error('e'), { data: new Map([[1, 2]]) }); } catch {}
  for (const key of ['0', '1', '2', '3']) delete Array.prototype[key];
  return seen.length ? 'EXPOSED: glue assigns through the guest, ' + seen.length + 'x' : 'contained';
}
