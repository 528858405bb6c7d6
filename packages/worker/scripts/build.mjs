/**
 * What `tsc` does not make, as part of `pnpm build`:
 *
 *     dist/engine.wasm        the engine of quickjs-emscripten's release-sync package, instrumented: src/quickjs/instrument.ts
 *     dist/thread.bundle.js   the thread file with all that it imports: a thread starts in half the time
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { findExports } from '../dist/quickjs/find-exports.js';
import { findPoll } from '../dist/quickjs/find-poll.js';
import { instrument } from '../dist/quickjs/instrument.js';

const require = createRequire(import.meta.url);
const at = (path) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

const stock = await readFile(require.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
const functions = await findExports(new WebAssembly.Module(stock));
await writeFile(at('engine.wasm'), instrument(stock, await findPoll(), functions));
await build({
  entryPoints: [at('thread/thread.js')],
  outfile: at('thread.bundle.js'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true, // names stay, for stack traces
  logLevel: 'warning',
});
