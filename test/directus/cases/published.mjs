/**
 * The published extensions, with the cases of their own test: only what goes in and what the
 * upstream answers.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const FILE = fileURLToPath(new URL('../../published/cases.ts', import.meta.url));

/** @returns `[{ package, id, cases: [{ title, options, exchanges }] }]` */
export async function readPublished() {
  const { outputFiles } = await build({
    entryPoints: [FILE],
    bundle: true,
    format: 'cjs',
    write: false,
    plugins: [
      {
        name: 'no vitest',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^vitest$/ }, () => ({ path: 'vitest', namespace: 'none' }));
          // What is expected of a request is compared between the sides, not with the file.
          onLoad({ filter: /.*/, namespace: 'none' }, () => ({
            contents: 'exports.expect = new Proxy(() => undefined, { get: () => () => undefined });',
          }));
        },
      },
    ],
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0].text)(
    module,
    module.exports,
    createRequire(import.meta.url),
  );
  return module.exports.PUBLISHED;
}
