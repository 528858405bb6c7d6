import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * How many hooks have started one another by writing items, where Directus calls a hook. The
 * context of a call carries it across the sandbox.
 */
export const depthOfCalls: AsyncLocalStorage<number> = new AsyncLocalStorage();
