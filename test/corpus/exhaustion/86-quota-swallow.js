// Swallow the quota's error and call again, for ever.
// expect: quota,timeout | phase: call
import { log, sleep, request } from 'directus:api';
export default async function probe() {
  for (;;) { try { log('x'); } catch {} }
}
