// Map, Set and WeakMap methods replaced: glue that keeps its books in them hands the books over.
// class: glue tampering | expect: contained
import { log, sleep, request } from 'directus:api';
export default async function probe() {
  let seen = 0;
  const rare = new Map([[1, new Set([2])]]);
  const saved = [];
  for (const type of [Map, Set, WeakMap]) for (const key of ['get', 'set', 'add', 'has', 'forEach']) {
    const method = type.prototype[key];
    if (!method) continue;
    saved.push(() => (type.prototype[key] = method));
    type.prototype[key] = function (...args) { seen++; return method.apply(this, args); };
  }
  try { log({}); } catch {}
  try { await request('https://denied.test/', rare); } catch {}
  try { await sleep(); } catch {}
  for (const restore of saved) restore();
  return seen ? 'EXPOSED: glue calls patched collections, ' + seen + 'x' : 'contained';
}
