// `pnpm release`: packs every public package as it would be published, and with `--publish`
// publishes those whose version the registry does not have yet. Where the packages come from
// (`repository`, `bugs`, `homepage`) is filled in from GITHUB_REPOSITORY, or else from git's
// remote: npm's provenance demands that it is the truth.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));
const { values } = parseArgs({ options: { publish: { type: 'boolean', default: false }, out: { type: 'string' } } });
const out = resolve(values.out ?? mkdtempSync(join(tmpdir(), 'sandglass-release-')));
mkdirSync(out, { recursive: true });

run('npx', ['-y', 'pnpm@12', 'build']);
const home = repository();
if (!home && values.publish) {
  console.error('Cannot publish: neither GITHUB_REPOSITORY nor a remote "origin" on GitHub says where this comes from');
  process.exit(1);
}
for (const folder of readdirSync(join(root, 'packages'))) {
  const { name, version, private: isPrivate } = manifestOf(folder);
  if (isPrivate) continue;
  const tarball = pack(folder);
  if (!values.publish) console.log(`${name}@${version}: ${tarball}`);
  else if (isPublished(name, version)) console.log(`${name}@${version} is published already`);
  else run('npm', ['publish', tarball, '--provenance', '--access', 'public']);
}

/** Packs one package with its origin written into its manifest. Returns the tarball's path. */
function pack(folder) {
  const file = join(root, 'packages', folder, 'package.json');
  const before = readFileSync(file, 'utf8');
  const made = mkdtempSync(join(out, '.pack-'));
  try {
    writeFileSync(file, `${JSON.stringify({ ...JSON.parse(before), ...origin(folder) }, undefined, 2)}\n`);
    run('npx', ['-y', 'pnpm@12', 'pack', '--pack-destination', made], join(root, 'packages', folder));
  } finally {
    writeFileSync(file, before);
  }
  const [name] = readdirSync(made);
  renameSync(join(made, name), join(out, name));
  rmdirSync(made);
  return join(out, name);
}

function origin(folder) {
  if (!home) return {};
  return {
    repository: { type: 'git', url: `git+${home}.git`, directory: `packages/${folder}` },
    homepage: `${home}#readme`,
    bugs: `${home}/issues`,
  };
}

/** Address of the repository on GitHub, without `.git`. */
function repository() {
  const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY } = process.env;
  if (GITHUB_REPOSITORY) return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;
  const remotes = execFileSync('git', ['remote', '-v'], { cwd: root, encoding: 'utf8' });
  const path = /^origin\s.*github\.com[:/](.+?)(?:\.git)?\s/m.exec(remotes)?.[1];
  return path && `https://github.com/${path}`;
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
}

function isPublished(name, version) {
  try {
    return (
      execFileSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8', stdio: 'pipe' }).trim() ===
      version
    );
  } catch {
    return false; // npm knows no such package
  }
}

function run(command, args, cwd = root) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}
