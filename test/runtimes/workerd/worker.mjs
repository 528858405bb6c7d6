/** The engine's suite inside workerd: answers a request with its results. */
/* global ENGINE_HASH */
import wasm from './engine.wasm';

import { runEngineSuite } from '../engine-suite.mjs';

export default {
  async fetch() {
    // workerd compiles WASM ahead and gives no bytes to hash: the build has put the digest in.
    return Response.json(await runEngineSuite({ wasm, hash: ENGINE_HASH }));
  },
};
