import { access, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { parseManifest } from '@sandglass/core';

import { packageVersion } from '../package-version.js';
import { PREFIX } from '../status.js';
import { EXTENSIONS } from './open-bundle.js';

/** Name of the package that is written. */
const NAME = 'sandglass-bundle';

const API = `import { openBundle } from 'directus-extension-sandglass/bundle';

export default await openBundle(new URL('.', import.meta.url));
`;

/** An extension that is in the bundle. */
interface Entry {
  name: string;
  type: 'endpoint' | 'hook' | 'operation';
  /** Within the bundle. */
  folder: string;
  /** Paths of its parts within its folder. */
  path: string | { app: string; api: string };
}

export interface WrittenBundle {
  /** Names of the extensions in it. */
  names: string[];
  /** Folders that are not, and why. */
  skipped: { folder: string; reason: string }[];
}

/**
 * Writes a bundle for Directus out of sandboxed extensions: an ordinary extension, which runs them
 * in Sandglass.
 *
 * @param from folder of extensions in Directus' layout, which is only read.
 * @param to folder to write, below Directus' own of extensions. A bundle that is there is replaced.
 * @throws {Error} if there is something else.
 */
export async function writeBundle(from: string, to: string): Promise<WrittenBundle> {
  await removeFormer(to);
  const entries: Entry[] = [];
  const skipped: WrittenBundle['skipped'] = [];
  for (const folder of await foldersOf(from)) {
    try {
      const entry = await readEntry(folder);
      await cp(folder, join(to, entry.folder), {
        recursive: true,
        filter: (path) => basename(path) !== 'node_modules',
      });
      entries.push(entry);
    } catch (error) {
      skipped.push({ folder, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  await mkdir(join(to, EXTENSIONS), { recursive: true });
  await writeFile(join(to, 'api.js'), API);
  await writeFile(join(to, 'app.js'), toApp(entries));
  await writeFile(join(to, 'package.json'), `${JSON.stringify(toPackage(entries), null, 2)}\n`);
  return { names: entries.map(({ name }) => name), skipped };
}

async function removeFormer(to: string): Promise<void> {
  const names = await readdir(to).catch(() => []);
  if (names.length === 0) return;
  const manifest = await readFile(join(to, 'package.json'), 'utf8').catch(() => '{}');
  if ((JSON.parse(manifest) as { name?: unknown }).name !== NAME)
    throw new Error(`"${to}" holds something else than a bundle of Sandglass`);
  const written = [EXTENSIONS, 'api.js', 'app.js', 'package.json'];
  await Promise.all(written.map((name) => rm(join(to, name), { recursive: true, force: true })));
}

/** Folders of packages, those of a scope in a folder of its own or not. */
async function foldersOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const names = entries.filter((one) => !one.isFile() && !/^\.|^node_modules$/.test(one.name)).map(({ name }) => name);
  const folders = names.toSorted().map(async (name) => {
    const folder = join(root, name);
    return name.startsWith('@') && !(await isPackage(folder)) ? foldersOf(folder) : [folder];
  });
  return (await Promise.all(folders)).flat();
}

function isPackage(folder: string): Promise<boolean> {
  return access(join(folder, 'package.json')).then(
    () => true,
    () => false,
  );
}

async function readEntry(folder: string): Promise<Entry> {
  const packageJson: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, type } = parseManifest(packageJson, {});
  // it has been parsed
  const { path } = (packageJson as { 'directus:extension': Pick<Entry, 'path'> })['directus:extension'];
  return { name, type, path, folder: `${EXTENSIONS}/${name.replace('/', '__')}` };
}

/** What the Data Studio shows of operations. */
function toApp(entries: readonly Entry[]): string {
  const paths = entries.flatMap(({ folder, path }) => (typeof path === 'string' ? [] : [`./${folder}/${path.app}`]));
  const imports = paths.map((path, i) => `import operation${i} from ${JSON.stringify(path)};\n`);
  return `${imports.join('')}\nexport const operations = [${paths.map((_, i) => `operation${i}`).join(', ')}];\n`;
}

function toPackage(entries: readonly Entry[]): object {
  const at = ({ folder, path }: Entry): Entry['path'] =>
    typeof path === 'string' ? `${folder}/${path}` : { app: `${folder}/${path.app}`, api: `${folder}/${path.api}` };
  return {
    name: NAME,
    version: '1.0.0',
    private: true,
    type: 'module',
    dependencies: { 'directus-extension-sandglass': `^${packageVersion}` },
    'directus:extension': {
      type: 'bundle',
      path: { app: 'app.js', api: 'api.js' },
      entries: [
        ...entries.map((entry) => ({ type: entry.type, name: entry.name, source: at(entry) })),
        { type: 'endpoint', name: PREFIX, source: 'api.js' },
      ],
      host: '^11.0.0 || ^12.0.0',
    },
  };
}
