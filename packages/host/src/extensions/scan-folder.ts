import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { SandglassError } from '@sandglass/core';

import { readPackageJson } from './read-folder.js';

export interface ScanOptions {
  /** picomatch patterns of package names; only these are taken. @default all */
  include?: readonly string[] | undefined;
  /** picomatch patterns of package names that are left out; wins over `include`. @default none */
  exclude?: readonly string[] | undefined;
  /** `package.json` whose dependencies are looked through for extensions. @default the one beside the folder, if there is one */
  packageJson?: string | undefined;
}

/**
 * Lists the extension folders of a folder in Directus' layout: `<name>`, `@<scope>/<name>`, `.registry/<id>`, and the
 * dependencies of a `package.json` that have a `directus:extension` field. Each group is sorted by path.
 *
 * Nothing is validated here: a folder without a package.json is listed, and reading it names the reason.
 *
 * @returns absolute paths.
 * @throws {SandglassError} `E_NOT_FOUND` if the folder does not exist.
 */
export async function scanFolder(root: string, options: ScanOptions = {}): Promise<string[]> {
  if (!(await isFolder(root)))
    throw new SandglassError('E_NOT_FOUND', `Cannot read the extensions in "${root}": no such folder`);
  const own = (await foldersIn(root)).filter((name) => name !== 'node_modules' && !name.startsWith('.'));
  const scoped = own.filter((name) => name.startsWith('@'));
  const found = [
    ...own.filter((name) => !name.startsWith('@')).map((name) => join(root, name)),
    ...(await Promise.all(scoped.map((scope) => pathsIn(join(root, scope))))).flat(),
    ...(await pathsIn(join(root, '.registry'))),
    ...(await dependencies(options.packageJson ?? join(dirname(resolve(root)), 'package.json'))),
  ];
  const isWanted = await createNameFilter(options);
  const names = await Promise.all(found.map(packageName));
  return found.filter((folder, i) => isWanted(names[i] ?? folderName(folder))).map((folder) => resolve(folder));
}

async function createNameFilter({ include, exclude }: ScanOptions): Promise<(name: string) => boolean> {
  if (!include && !exclude) return () => true;
  const { default: picomatch } = await import('picomatch');
  const isIncluded = include ? picomatch([...include]) : () => true;
  const isExcluded = exclude ? picomatch([...exclude]) : () => false;
  return (name) => isIncluded(name) && !isExcluded(name);
}

/** Folders of the dependencies that are extensions; those not installed are left out. */
async function dependencies(packageJson: string): Promise<string[]> {
  const folder = dirname(packageJson);
  const parsed = await readPackageJson(folder).catch(() => null);
  const names =
    isObject(parsed) && isObject(parsed['dependencies']) ? Object.keys(parsed['dependencies']).toSorted() : [];
  const folders = names.map((name) => join(folder, 'node_modules', name));
  const packages = await Promise.all(folders.map((path) => readPackageJson(path).catch(() => null)));
  return folders.filter((_, i) => {
    const found = packages[i];
    return isObject(found) && 'directus:extension' in found;
  });
}

async function packageName(folder: string): Promise<string | null> {
  const parsed = await readPackageJson(folder).catch(() => null);
  return isObject(parsed) && typeof parsed['name'] === 'string' ? parsed['name'] : null;
}

function folderName(folder: string): string {
  const [scope, name] = folder.split(/[\\/]/).slice(-2);
  return scope?.startsWith('@') ? `${scope}/${name}` : (name ?? folder);
}

async function pathsIn(folder: string): Promise<string[]> {
  return (await foldersIn(folder)).map((name) => join(folder, name));
}

/** Names of the folders in a folder, links to folders too; none if it does not exist. */
async function foldersIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const keep = await Promise.all(names.map((name) => isFolder(join(folder, name))));
  return names.filter((_, i) => keep[i]).toSorted();
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
