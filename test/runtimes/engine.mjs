/** Runs the engine's suite on Node, Bun or Deno. Prints its results as JSON on one line. */
import { runEngineSuite } from './engine-suite.mjs';

console.log(JSON.stringify(await runEngineSuite()));
