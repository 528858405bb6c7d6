export type { TestExtension, TestOptions, TestRequest, TestResponse } from './contract.js';
export { loadExtension } from './test-kit.js';
/**
 * Scripts answers of servers, for `loadExtension`'s `request`. undici's own, so that an author
 * needs no second copy.
 */
export { MockAgent } from 'undici';
export type { ExtensionSource } from '../types.js';
