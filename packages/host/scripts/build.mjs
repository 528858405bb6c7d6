/**
 * What `tsc` does not make, as part of `pnpm build`:
 *
 *     dist/service/status/status.html   templates/status.html with the script of its page
 */
import { readFile, writeFile } from 'node:fs/promises';
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
