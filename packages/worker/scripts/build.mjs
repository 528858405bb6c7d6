/**
 * What `tsc` does not make, as part of `pnpm build`:
 *
 *     dist/engine.wasm        quickjs-emscripten's engine, rewritten by engine/build.ts
 *     dist/thread.bundle.js   the thread file with all that it imports
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** What the engine is made from and with: the stock binary, the build, and binaryen. */
const stock = await readFile(require.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
const engineBuild = await bundleEngineBuild();
const key = digest(stock, await readFile(engineBuild), await readFile(require.resolve('binaryen')));
const made = at(`node_modules/.cache/engine-${key}.wasm`);

const engine = (await readFile(made).catch(() => undefined)) ?? (await makeEngine());
await writeFile(at('dist/engine.wasm'), engine);
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

/** Node 20 runs no TypeScript, so the build of the engine is bundled. */
async function bundleEngineBuild() {
  const outfile = at('node_modules/.cache/build-engine.mjs');
  await mkdir(at('node_modules/.cache'), { recursive: true });
  const options = { bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'warning' };
  await build({ entryPoints: [at('engine/build.ts')], outfile, ...options });
  return outfile;
}

/** Takes 13 s, so what was made is kept for the next build of the same. */
async function makeEngine() {
  const { buildEngine } = await import(pathToFileURL(engineBuild).href);
  const bytes = await buildEngine(stock);
  await writeFile(`${made}.${process.pid}`, bytes);
  await rename(`${made}.${process.pid}`, made); // whole or not at all
  return bytes;
}

function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
