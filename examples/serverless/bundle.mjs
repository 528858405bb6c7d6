/**
 * Bundles a serverless function into a folder that runs without an install: `node bundle.mjs
 * <entry> <out> [extensions folder] [package …]`. The packages named at the end are not bundled:
 * what the platform brings itself, or has to be there once only.
 *
 * The function exports `getHost`, with which its extensions are evaluated once, ahead of all cold
 * starts.
 *
 * Three files cannot be part of the bundle, because threads and the engine load them by themselves.
 * They keep the places where they are looked for:
 *
 *     <entry>.mjs                                   the function
 *     *-<hash>.mjs                                  what it imports when it needs it
 *     piscina/                                      the file that threads begin with
 *     node_modules/@sandglass/worker/thread.mjs     what runs in it
 *     node_modules/@sandglass/worker/engine.wasm    the engine
 *     extensions/, snapshots/                       the extensions as they are, and evaluated
 */
import { execFile } from 'node:child_process';
import { cp, copyFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { build } from 'esbuild';

const WORKER = '@sandglass/worker';

/** CommonJS packages in an ES module need what such a module has not. */
const BANNER = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __dirname = import.meta.dirname;`;

const OPTIONS = { bundle: true, minify: true, platform: 'node', target: 'node20', logLevel: 'error' };

/**
 * Writes the artefact. `entry` is the function's file, `out` a folder that is made, `external` what
 * is not bundled.
 */
export async function bundle(entry, out, { extensions, external = [] } = {}) {
  const host = packageRequire(createRequire(resolve(entry)), '@sandglass/host');
  const name = entry.replace(/^.*[\\/]|\.[cm]?[jt]s$/g, '');
  await build({
    ...OPTIONS,
    external,
    entryPoints: { [name]: entry },
    outdir: out,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: '[name]-[hash]', // beside the entry, where the file of threads is looked for
    format: 'esm',
    banner: { js: BANNER },
  });
  await copyPiscina(host, out);
  await bundleWorker(host, join(out, 'node_modules', WORKER));
  if (!extensions) return;
  await cp(extensions, join(out, 'extensions'), { recursive: true });
  await writeSnapshots(join(out, `${name}.mjs`));
}

/** Resolves what a package depends on, wherever the package manager has put it. */
function packageRequire(require, name) {
  return createRequire(require.resolve(`${name}/package.json`));
}

/** Beside the bundle, where it is looked for. */
async function copyPiscina(host, out) {
  const dist = dirname(host.resolve('@sandglass/host'));
  await cp(join(dist, 'piscina'), join(out, 'piscina'), { recursive: true });
  // a package around it may say otherwise
  await writeFile(join(out, 'piscina/package.json'), '{ "type": "module" }');
}

async function bundleWorker(host, folder) {
  await build({
    ...OPTIONS,
    entryPoints: [host.resolve(`${WORKER}/thread`)],
    outfile: join(folder, 'thread.mjs'),
    format: 'esm',
    banner: { js: BANNER },
  });
  await copyFile(host.resolve(`${WORKER}/engine.wasm`), join(folder, 'engine.wasm'));
  const exports = { './thread': './thread.mjs', './engine.wasm': './engine.wasm' };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: WORKER, type: 'module', exports }));
}

/**
 * Lets the function make its host once: it evaluates the extensions with the very limits that they
 * will run with.
 */
async function writeSnapshots(file) {
  const script = `const { getHost } = await import(${JSON.stringify(pathToFileURL(file))}); await (await getHost()).close();`;
  const args = ['--input-type=module', '--eval', script];
  await promisify(execFile)(process.execPath, args, { env: { ...process.env, SANDGLASS_POOL: 'inline' } });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [entry, out, extensions, ...external] = process.argv.slice(2);
  if (!entry || !out) {
    console.error('usage: node bundle.mjs <entry> <out> [extensions folder] [package …]');
    process.exit(2);
  }
  await bundle(entry, out, { extensions, external });
}
