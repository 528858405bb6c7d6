// Stacks name the extension's own file and nothing of the host or of the glue.
// class: information leak | expect: contained
import { log, sleep, request } from 'directus:api';
export default async function probe() {
  const stacks = [new Error('x').stack];
  try { log(1); } catch (e) { stacks.push(e.stack); }
  try { await sleep('x'); } catch (e) { stacks.push(e.stack); }
  try { await request(1); } catch (e) { stacks.push(e.stack); }
  try { null.x; } catch (e) { stacks.push(e.stack); }
  const odd = stacks.join('\n').split('\n').filter((line) => /\/|\\|node:|sandglass/.test(line));
  return odd.length ? 'EXPOSED: ' + odd[0] : 'contained';
}
