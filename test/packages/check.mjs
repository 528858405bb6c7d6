// Packs the packages and looks at them as a user would: what is inside, whether their exports
// resolve, and whether npm, pnpm and yarn each make of them what works in an empty folder.
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

const YARN_4 = ['npx', '-y', '-p', '@yarnpkg/cli-dist@4', 'yarn'];
/**
 * Settings of Yarn 4. It takes the folder for a project of its own because it has a lock file,
 * which it would not complete in CI by itself.
 */
const yarn4 = (linker) => (files) => ({
  'package.json': { resolutions: files },
  '.yarnrc.yml': { nodeLinker: linker, enableTelemetry: false, enableImmutableInstalls: false },
  'yarn.lock': {},
});

/**
 * Package managers, each with what installs a project, and where it is told to take our packages
 * from tarballs, also for each other; `run` stands before a command if files are not where Node
 * looks for them.
 */
const MANAGERS = {
  npm: {
    install: ['npm', 'install', '--no-audit', '--no-fund'],
    pin: (files) => ({ 'package.json': { overrides: files } }),
  },
  pnpm: {
    install: ['npx', '-y', 'pnpm@12', 'install'],
    pin: (files) => ({ 'pnpm-workspace.yaml': { overrides: files } }), // JSON is YAML
  },
  'yarn 1': {
    install: ['npx', '-y', 'yarn@1', 'install', '--silent', '--non-interactive'],
    pin: (files) => ({ 'package.json': { resolutions: files } }),
  },
  'yarn 4': { install: [...YARN_4, 'install'], pin: yarn4('node-modules') },
  "yarn 4, Plug'n'Play": { install: [...YARN_4, 'install'], pin: yarn4('pnp'), run: YARN_4 },
};

const folder = mkdtempSync(join(tmpdir(), 'sandglass-packages-'));
try {
  const tarballs = PACKAGES.map(pack);
  for (const tarball of tarballs) {
    checkFiles(tarball);
    run('npx', ['publint', '--strict', tarball]);
    run('npx', ['attw', tarball, '--profile', 'esm-only', '--exclude-entrypoints', './engine.wasm']);
  }
  for (const manager of Object.keys(MANAGERS)) useWith(manager, tarballs);
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

/**
 * Installs the tarballs with a package manager, and uses each as a user would.
 *
 * @param {keyof typeof MANAGERS} manager
 * @param {string[]} tarballs
 */
function useWith(manager, tarballs) {
  const home = mkdtempSync(join(folder, 'user-'));
  const manifests = PACKAGES.map((name) =>
    JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')),
  );
  const files = Object.fromEntries(manifests.map(({ name }, i) => [name, `file:${tarballs[i]}`]));
  const { install, pin, run: before } = MANAGERS[manager];
  const call = (command, ...args) => use(before ? [...before, command, ...args] : [command, ...args], home);
  const project = { name: 'user', private: true, type: 'module', dependencies: files };
  for (const [name, content] of Object.entries({ 'package.json': {}, ...pin(files) })) {
    const all = name === 'package.json' ? { ...project, ...content } : content;
    writeFileSync(join(home, name), name === 'yarn.lock' ? '' : JSON.stringify(all));
  }
  use(install, home);
  assertNoAddon(home);
  for (const { name, exports } of manifests)
    // what is for a process of Directus alone has no main entry
    if ('.' in exports) call('node', '--input-type=module', '-e', `import '${name}'`);
  for (const page of ['README.md', 'packages/host/README.md', 'packages/worker/README.md'])
    runExample(home, page, (file) => call('node', file));
  const sandglass = before ? 'sandglass' : 'node_modules/.bin/sandglass';
  call(sandglass, 'init', 'endpoint', 'mine');
  const inspected = call(sandglass, 'inspect', 'mine');
  if (!inspected.includes('no problems')) throw new Error(`inspect of a new extension says\n${inspected}`);
  console.log(`${manager} installs the tarballs, without a native addon, and all of them work`);
}

/** @param {string} home */
function assertNoAddon(home) {
  const addons = readdirSync(home, { recursive: true }).filter((file) => String(file).endsWith('.node'));
  if (addons.length > 0) throw new Error(`a user gets native addons:\n${addons.join('\n')}`);
}

/**
 * @param {string} home where the packages are installed
 * @param {string} page
 * @param {(file: string) => string} runFile
 */
function runExample(home, page, runFile) {
  const text = readFileSync(join(root, page), 'utf8');
  const example = /<!-- example: \w+ -->\s*```js\n([\s\S]*?)```/.exec(text)?.[1];
  if (!example) throw new Error(`${page} has no example`);
  const expected = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, line]) => line);
  writeFileSync(join(home, 'example.mjs'), example);
  const printed = runFile('example.mjs').trim().split('\n');
  if (expected.length === 0 || printed.join('\n') !== expected.join('\n')) {
    throw new Error(`the example of ${page} printed\n${printed.join('\n')}\nnot\n${expected.join('\n')}`);
  }
}

/**
 * @param {string[]} line a command with its arguments
 * @param {string} home
 */
function use([command, ...args], home) {
  return run(command, args, home);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args, cwd = root) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
