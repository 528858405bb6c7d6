import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * How deep hooks have started hooks by writing items, where Directus calls its hooks. It does not
 * cross a sandbox: the context of a call carries it there.
 */
export const depthOfCalls: AsyncLocalStorage<number> = new AsyncLocalStorage();
