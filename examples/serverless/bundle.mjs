/**
 * Bundles a serverless function into a folder that runs without an install: `node bundle.mjs <entry> <out> [extensions folder] [package …]`.
 * The packages named at the end are not bundled: what the platform brings itself, or has to be there once only.
 *
 * Three files cannot be part of the bundle, because threads and the engine load them by themselves. They keep the places where
 * they are looked for:
 *
 *     <entry>.mjs                                       the function, with all that it imports
 *     worker.js, package.json                           piscina's thread, found beside the bundle, and what makes it CommonJS
 *     node_modules/@sandglass/worker/thread.mjs         what runs in it
 *     node_modules/@jitl/quickjs-…/engine.wasm          the engine
 *     extensions/                                       the extensions, as they are
 */
import { cp, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const ENGINE = '@jitl/quickjs-wasmfile-release-sync';
const WORKER = '@sandglass/worker';

/** CommonJS packages in an ES module need what such a module has not. */
const BANNER = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __dirname = import.meta.dirname;`;

const OPTIONS = { bundle: true, minify: true, platform: 'node', target: 'node20', logLevel: 'error' };

/** Writes the artefact. `entry` is the function's file, `out` a folder that is made, `external` what is not bundled. */
export async function bundle(entry, out, { extensions, external = [] } = {}) {
  const host = packageRequire(createRequire(resolve(entry)), '@sandglass/host');
  const worker = packageRequire(host, WORKER);
  const name = entry.replace(/^.*[\\/]|\.[cm]?[jt]s$/g, '');
  await build({
    ...OPTIONS,
    external,
    entryPoints: [entry],
    outfile: join(out, `${name}.mjs`),
    format: 'esm',
    banner: { js: BANNER },
  });
  await bundlePiscina(host, out);
  await bundleThread(host.resolve(`${WORKER}/thread`), join(out, 'node_modules', WORKER));
  await copyEngine(worker.resolve(`${ENGINE}/wasm`), join(out, 'node_modules', ENGINE));
  if (extensions) await cp(extensions, join(out, 'extensions'), { recursive: true });
}

/** Resolves what a package depends on, wherever the package manager has put it. */
function packageRequire(require, name) {
  return createRequire(require.resolve(`${name}/package.json`));
}

async function bundlePiscina(host, out) {
  const file = join(dirname(host.resolve('piscina')), 'worker.js');
  await build({
    ...OPTIONS,
    entryPoints: [file],
    outfile: join(out, 'worker.js'),
    format: 'cjs',
    external: ['@napi-rs/nice'],
  });
  await writeFile(join(out, 'package.json'), '{ "type": "commonjs" }'); // a package around it may say otherwise
}

async function bundleThread(file, folder) {
  await build({
    ...OPTIONS,
    entryPoints: [file],
    outfile: join(folder, 'thread.mjs'),
    format: 'esm',
    banner: { js: BANNER },
  });
  await writePackage(folder, WORKER, { './thread': './thread.mjs' });
}

async function copyEngine(file, folder) {
  await mkdir(folder, { recursive: true });
  await copyFile(file, join(folder, 'engine.wasm'));
  await writePackage(folder, ENGINE, { './wasm': './engine.wasm' });
}

function writePackage(folder, name, exports) {
  return writeFile(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', exports }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [entry, out, extensions, ...external] = process.argv.slice(2);
  if (!entry || !out) {
    console.error('usage: node bundle.mjs <entry> <out> [extensions folder] [package …]');
    process.exit(2);
  }
  await bundle(entry, out, { extensions, external });
}
