/** The same as `directus.mjs`, with the preload that replaces Directus' sandbox. */
import { fileURLToPath } from 'node:url';

import { startDirectus } from './directus.mjs';

/** Name of this side. */
export const IN_PLACE = 'in place';

const REGISTER = fileURLToPath(new URL('../../packages/directus/dist/register.js', import.meta.url));

/** Starts a Directus with the preload. Takes what `startDirectus` takes. */
export function startInPlace({ env = {}, ...options }) {
  const { NODE_OPTIONS: others = '' } = env;
  return startDirectus({
    ...options,
    name: IN_PLACE,
    env: { ...env, NODE_OPTIONS: `${others} --import ${REGISTER}`.trim() },
  });
}
