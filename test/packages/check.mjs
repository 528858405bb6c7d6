// Packs the packages and looks at them as a user would: what is inside, whether their exports
// resolve, and whether the README's library example runs from an empty folder with plain node.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGES = ['core', 'worker', 'host', 'fleet', 'directus'];
/** What a user needs; anything else in a tarball is an accident. */
const WANTED = [
  /^dist\/engine\.wasm$/,
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^dist\/.*\.(js|js\.map|d\.ts|html|css)$/,
  /^dist\/bundle\/licenses\.txt$/,
  /^guest\.d\.ts$/,
  /^config\.schema\.json$/,
  /^templates\//,
];
const UNWANTED = [/^dist\/.*\.test\./, /\/testing\/fake/, /tsbuildinfo/, /^templates\/status\.html$/];

const folder = mkdtempSync(join(tmpdir(), 'sandglass-packages-'));
try {
  const tarballs = PACKAGES.map(pack);
  for (const tarball of tarballs) {
    checkFiles(tarball);
    run('npx', ['publint', '--strict', tarball]);
    run('npx', ['attw', tarball, '--profile', 'esm-only', '--exclude-entrypoints', './engine.wasm']);
  }
  runExample(tarballs);
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {string} name */
function pack(name) {
  const before = new Set(readdirSync(folder));
  run('npx', ['-y', 'pnpm@12', 'pack', '--pack-destination', folder], join(root, 'packages', name));
  const made = readdirSync(folder).find((file) => !before.has(file));
  if (!made) throw new Error(`nothing was packed for ${name}`);
  return join(folder, made);
}

/** @param {string} tarball */
function checkFiles(tarball) {
  const files = run('tar', ['-tzf', tarball])
    .trim()
    .split('\n')
    .map((file) => file.replace('package/', ''));
  const odd = files.filter(
    (file) => !WANTED.some((wanted) => wanted.test(file)) || UNWANTED.some((unwanted) => unwanted.test(file)),
  );
  if (odd.length > 0) throw new Error(`${tarball} contains what no user needs:\n${odd.join('\n')}`);
  if (tarball.includes('host') && !files.includes('dist/service/status/status.html'))
    throw new Error(`${tarball} lacks the status page`);
  console.log(`${files.length} files, all wanted: ${tarball.split('/').at(-1)}`);
}

/** @param {string[]} tarballs */
function runExample(tarballs) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const example = /<!-- example: library -->\s*```js\n([\s\S]*?)```/.exec(readme)?.[1];
  if (!example) throw new Error('the README has no library example');
  const expected = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, line]) => line);
  const home = mkdtempSync(join(folder, 'example-'));
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--no-audit', '--no-fund', '--omit=optional', ...tarballs], home);
  writeFileSync(join(home, 'example.mjs'), example);
  const printed = run('node', ['example.mjs'], home).trim().split('\n');
  if (expected.length === 0 || printed.join('\n') !== expected.join('\n')) {
    throw new Error(`the README's library example printed\n${printed.join('\n')}\nnot\n${expected.join('\n')}`);
  }
  console.log(`the README's library example runs from the tarballs and prints ${JSON.stringify(printed)}`);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args, cwd = root) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
