/** The engine's suite in a page: leaves its results in `globalThis.results`. */
import { compileEngine } from '@sandglass/worker';

import { runEngineSuite } from '../engine-suite.mjs';

const response = await fetch('./engine.wasm');
const wasm = await compileEngine(new Uint8Array(await response.arrayBuffer()));
globalThis.results = await runEngineSuite(wasm);
