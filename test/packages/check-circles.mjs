// Finds circles of imports in the sources of the packages. Types count: whoever imports a type has
// to know its file. Usage: node test/packages/check-circles.mjs [folder…=packages/*/src]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const given = process.argv.slice(2);
const folders =
  given.length > 0
    ? given
    : ['core', 'worker', 'host', 'fleet', 'directus'].map((name) => join(root, 'packages', name, 'src'));

/** What an import or export is from, also `import('./x.js')` in a type. */
const SPECIFIERS = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.[^'"]*)\1/g;
const COMMENTS = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** @type {Map<string, string[]>} By file, the files that it imports. */
const imports = new Map();
for (const folder of folders) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.d.ts')) continue;
    const file = resolve(folder, name);
    const text = readFileSync(file, 'utf8').replaceAll(COMMENTS, '');
    const found = [...text.matchAll(SPECIFIERS)].map((match) =>
      resolve(dirname(file), match[2].replace(/\.js$/, '.ts')),
    );
    imports.set(file, found.filter(existsSync));
  }
}

/** @type {string[]} From the first file that was entered to the one at hand. */
const path = [];
const done = new Set();
const circles = [];

/** @param {string} file */
function visit(file) {
  if (done.has(file)) return;
  const start = path.indexOf(file);
  if (start !== -1) return void circles.push([...path.slice(start), file]);
  path.push(file);
  for (const next of imports.get(file) ?? []) visit(next);
  path.pop();
  done.add(file);
}

for (const file of imports.keys()) visit(file);
for (const circle of circles) console.error(circle.map((file) => relative(root, file)).join('\n  → '));
console.log(`${imports.size} files, ${circles.length} circles of imports`);
process.exitCode = circles.length > 0 || imports.size === 0 ? 1 : 0;
