// Array.prototype[Symbol.iterator] replaced: glue that destructures or spreads hands over its own lists.
// class: glue tampering | expect: contained
import { log, sleep, request } from 'directus:api';
export default async function probe() {
  const original = Array.prototype[Symbol.iterator];
  let seen = 0;
  const rare = new Map([[1, { a: new Set([1]) }]]);
  Array.prototype[Symbol.iterator] = function () { seen++; return original.call(this); };
  try { log(1); } catch {}
  try { await sleep('x'); } catch {}
  try { await request('https://denied.test/', rare); } catch {}
  try { await request('https://allowed.test/', { headers: { a: 'b' }, list: [1, , 2] }); } catch {}
  Array.prototype[Symbol.iterator] = original;
  return seen ? 'EXPOSED: glue iterates through the guest, ' + seen + 'x' : 'contained';
}
