/** The engine's suite inside workerd: answers a request with its results. */
import { toHex } from './digest.mjs';
import wasm from './quickjs.wasm';

import { runEngineSuite } from '../engine-suite.mjs';

export default {
  async fetch() {
    // workerd compiles WASM ahead and gives no bytes to hash: the name of the build stands for them.
    const hash = await toHex('@jitl/quickjs-wasmfile-release-sync@0.32.0');
    return Response.json(await runEngineSuite({ wasm, hash }));
  },
};
