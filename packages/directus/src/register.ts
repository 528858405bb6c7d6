/**
 * The preload: `NODE_OPTIONS="--import directus-extension-sandglass/register"`. Does nothing in a
 * process that loads no Directus.
 */
import * as nodeModule from 'node:module';
import { isMainThread } from 'node:worker_threads';

import * as hooks from './hooks.js';

/** Node 22.15 and later; the types at hand are older. */
type RegisterHooks = (given: typeof hooks) => void;
const { registerHooks } = nodeModule as { registerHooks?: RegisterHooks };

// hooks of the main thread: no thread of their own, as `register` starts one
if (isMainThread) {
  if (registerHooks) registerHooks(hooks);
  else nodeModule.register('./hooks.js', import.meta.url);
}
