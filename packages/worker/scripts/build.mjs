/**
 * What `tsc` does not make, as part of `pnpm build`:
 *
 *     dist/engine.wasm        quickjs-emscripten's engine, rewritten by engine/build.ts
 *     dist/thread.bundle.js   the thread file with all that it imports
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * Node 20 runs no TypeScript, so the build of the engine is bundled first; it finds its packages
 * from there.
 */
async function importEngineBuild() {
  const outfile = at('node_modules/.cache/build-engine.mjs');
  await mkdir(at('node_modules/.cache'), { recursive: true });
  const options = { bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'warning' };
  await build({ entryPoints: [at('engine/build.ts')], outfile, ...options });
  return import(pathToFileURL(outfile).href);
}

const { buildEngine } = await importEngineBuild();
const stock = await readFile(require.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
await writeFile(at('dist/engine.wasm'), await buildEngine(stock));
await build({
  entryPoints: [at('dist/thread/thread.js')],
  outfile: at('dist/thread.bundle.js'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true, // names stay, for stack traces
  logLevel: 'warning',
});
