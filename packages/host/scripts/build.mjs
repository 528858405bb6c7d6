/**
 * What `tsc` does not make, as part of `pnpm build`:
 *
 *     dist/service/status/status.html   templates/status.html with the script of its page
 *     dist/bundle                       what the package's exports name, in a few files
 *     dist/bundle/piscina/worker.js     the file that piscina's threads begin with
 *     dist/bundle/licenses.txt          the licences of the packages in them
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Where the script goes. */
const PLACEHOLDER = '<script></script>';

const { outputFiles } = await build({
  entryPoints: [at('src/service/status/page/main.ts')],
  bundle: true,
  write: false,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  minify: true,
  logLevel: 'warning',
});
const template = await readFile(at('templates/status.html'), 'utf8');
if (template.split(PLACEHOLDER).length !== 2) throw new Error(`templates/status.html needs one ${PLACEHOLDER}`);
const page = template.replace(PLACEHOLDER, () => `<script>${outputFiles[0].text}</script>`);
await writeFile(at('dist/service/status/status.html'), page);

/** Loaded when used: compilers, undici's WebAssembly. Telemetry has to be there once only. */
const EXTERNAL = ['@opentelemetry/api', 'acorn', 'chokidar', 'esbuild', 'pino', 'srvx', 'sucrase', 'undici'];

// names have hashes: those of former builds are of no use
await rm(at('dist/bundle'), { recursive: true, force: true });

const OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true, // names stay, for stack traces
  metafile: true,
  logLevel: 'warning',
};

/** What only CommonJS has; piscina looks for its threads' file beside itself. */
const COMMONJS = `import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const __dirname = dirname(fileURLToPath(new URL('./piscina/worker.js', import.meta.url)));`;

// Threads of another priority, which are not asked for, are all that the native addon is for.
const PISCINA = { ...OPTIONS, banner: { js: COMMONJS }, external: ['@napi-rs/nice'] };
const piscina = await build({
  ...PISCINA,
  entryPoints: [at('src/pool/links/piscina.ts')],
  outfile: at('dist/pool/links/piscina.js'),
});
await build({
  ...PISCINA,
  entryPoints: [join(dirname(createRequire(import.meta.url).resolve('piscina')), 'worker.js')],
  outfile: at('dist/bundle/piscina/worker.js'),
});

// A start reads some ten files in place of 250.
const { metafile } = await build({
  entryPoints: {
    index: at('dist/index.js'),
    web: at('dist/adapters/web.js'),
    node: at('dist/adapters/node.js'),
    lambda: at('dist/adapters/lambda.js'),
    google: at('dist/adapters/google.js'),
    azure: at('dist/adapters/azure.js'),
    service: at('dist/service/index.js'),
    testing: at('dist/test-kit/index.js'),
    fleet: at('dist/fleet/index.js'),
    config: at('dist/cli/config/read-host-options.js'),
    main: at('dist/cli/main.js'),
  },
  outdir: at('dist/bundle'),
  ...OPTIONS,
  chunkNames: '[name]-[hash]',
  splitting: true,
  external: EXTERNAL,
  sourcemap: 'linked',
  sourcesContent: false,
});

const packages = new Set(
  Object.keys({ ...metafile.inputs, ...piscina.metafile.inputs }).map(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0],
  ),
);
const licenses = await Promise.all(
  [...packages].filter((folder) => folder !== undefined && !folder.includes('@sandglass')).map(readLicense),
);
await writeFile(at('dist/bundle/licenses.txt'), licenses.sort().join('\n\n'));

async function readLicense(folder) {
  const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const text = file === undefined ? '' : await readFile(`${folder}/${file}`, 'utf8');
  return `${name} ${version} (${license})\n\n${text}`.trim();
}
