// A getter of a capability's argument that never ends, and one that calls capabilities itself.
// expect: timeout,quota,stack | phase: call
import { log, sleep, request } from 'directus:api';
export default async function probe() {
  const options = { get headers() { log('again'); request('https://allowed.test/', options).catch(() => 0); return {}; } };
  await request('https://allowed.test/', options).catch(() => 0);
  await request('https://allowed.test/', { get method() { for (;;) {} } });
}
