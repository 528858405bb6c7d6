// Writes docs/api.md from the doc comments of what the packages export. `pnpm docs:api`; with
// `--check` it only says whether the page is up to date (exit code 1 if not). Reads the
// declarations that `pnpm build` makes.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseSync } from 'oxc-parser';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGE = join(ROOT, 'docs/api.md');

/** Title, file of declarations, and what it is for. */
const ENTRIES = [
  ['@sandglass/host', 'packages/host/dist/index.d.ts', 'The library.'],
  [
    '@sandglass/host/service',
    'packages/host/dist/service/index.d.ts',
    'The service and its status page, to mount in a server of your own.',
  ],
  ['@sandglass/host/testing', 'packages/host/dist/test-kit/index.d.ts', 'The test kit of authors.'],
  [
    '@sandglass/host/web',
    'packages/host/dist/adapters/web.d.ts',
    'Handlers of web requests (Vercel, Netlify, Deno, Bun).',
  ],
  ['@sandglass/host/node', 'packages/host/dist/adapters/node.d.ts', "Node's HTTP server, Express, Fastify."],
  ['@sandglass/host/lambda', 'packages/host/dist/adapters/lambda.d.ts', 'AWS Lambda.'],
  ['@sandglass/host/google', 'packages/host/dist/adapters/google.d.ts', 'Google Cloud Functions.'],
  ['@sandglass/host/azure', 'packages/host/dist/adapters/azure.d.ts', 'Azure Functions.'],
];
/** Packages whose exports are shown where the host exports them again. */
const OWN = { '@sandglass/core': 'packages/core/dist/index.d.ts' };

const files = new Map();

/** Statements, text and comments of a file of declarations. */
function open(path) {
  const known = files.get(path);
  if (known) return known;
  const text = readFileSync(join(ROOT, path), 'utf8');
  const { program, comments } = parseSync(path, text, { lang: 'dts' });
  const file = { path, text, statements: program.body, comments };
  files.set(path, file);
  return file;
}

/** Where a specifier of a file leads, if it is ours. */
function follow(path, specifier) {
  if (specifier.startsWith('.')) return join(dirname(path), specifier).replace(/\.js$/, '.d.ts');
  return OWN[specifier];
}

/** What a file exports: `[name, { file, statement }]`, in the order of the file. */
function exportsOf(path) {
  const file = open(path);
  const found = [];
  for (const statement of file.statements) {
    const source = statement.source && follow(path, statement.source.value);
    if (statement.type === 'ExportAllDeclaration' && source) found.push(...exportsOf(source));
    else if (statement.type === 'ExportNamedDeclaration' && statement.declaration) {
      for (const name of namesOf(statement.declaration)) found.push([name, { file, statement }]);
    } else if (statement.type === 'ExportNamedDeclaration' && source) {
      const there = new Map(exportsOf(source));
      for (const { local, exported } of statement.specifiers) {
        const declared = there.get(local.name);
        if (declared) found.push([exported.name, declared]);
      }
    }
  }
  return found;
}

function namesOf(declaration) {
  if (declaration.type === 'VariableDeclaration') return declaration.declarations.map(({ id }) => id.name);
  return [declaration.id.name];
}

/** The doc comment right before a statement, without its stars. */
function docOf({ file, statement }) {
  const comment = file.comments.findLast(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= statement.start &&
      /^\s*$/.test(file.text.slice(end, statement.start)),
  );
  return (comment?.value ?? '*')
    .slice(1)
    .replaceAll(/^[ \t]*\* ?/gm, '')
    .trim();
}

/** Prose, tags and examples of a doc comment as Markdown. */
function toMarkdown(doc) {
  const [prose = '', ...tags] = doc.split(/^@/m);
  const lines = [unlink(prose.trim())];
  for (const tag of tags) {
    const [, name, rest] = /^(\w+)\s*([^]*)$/.exec(tag);
    const text = unlink(rest.trim());
    if (name === 'example') lines.push(text);
    else if (name === 'param') lines.push(`- ${text.replace(/^(\S+)\s*/, '`$1`: ')}`);
    else if (name === 'throws') lines.push(`- throws ${text.replace(/^\{(.*?)\}\s*/, '`$1`: ')}`);
    else if (name === 'returns') lines.push(`- returns ${text}`);
    else lines.push(`- ${name}: ${text}`);
  }
  return lines
    .filter(Boolean)
    .join('\n\n')
    .replaceAll(/\n\n- /g, '\n- ')
    .replace(/^(?!- )(.*)\n- /s, '$1\n\n- ');
}

const unlink = (text) => text.replaceAll(/\{@link ([^}]+)\}/g, '`$1`');

/** A declaration as it is written, without `export declare` and without what is private. */
function signatureOf({ file, statement }) {
  return file.text
    .slice(statement.start, statement.end)
    .replace(/^export (declare )?/, '')
    .replaceAll(/^ +#private;\n/gm, '')
    .replaceAll('    ', '  ');
}

function page() {
  const lines = [
    '# API',
    '',
    'Written from the doc comments of the code by `pnpm docs:api`. Every example is run by a test.',
    '',
  ];
  for (const [title, path, what] of ENTRIES) {
    lines.push(`## ${title}`, '', what, '');
    const seen = new Set();
    for (const [name, declared] of exportsOf(path)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const doc = toMarkdown(docOf(declared));
      lines.push(`### ${name}`, '', ...(doc ? [doc, ''] : []), '```ts', signatureOf(declared), '```', '');
    }
  }
  return `${lines.join('\n').trim()}\n`;
}

const text = page();
if (!process.argv.includes('--check')) writeFileSync(PAGE, text);
else if (readFileSync(PAGE, 'utf8') !== text) {
  console.error('docs/api.md is not what the doc comments say: run pnpm docs:api');
  process.exit(1);
}
