import { access, constants, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { APP_TYPES, isSandglassError, SANDBOX_TYPES, SandglassError } from '@sandglass/core';

import { readPackageJson } from './read-folder.js';

export interface ScanOptions {
  /** picomatch patterns of package names; only these are taken. @default all */
  include?: readonly string[] | undefined;
  /** picomatch patterns of package names that are left out; wins over `include`. @default none */
  exclude?: readonly string[] | undefined;
  /**
   * `package.json` whose dependencies are looked through for extensions. @default the one beside
   * the folder, if there is one
   */
  packageJson?: string | undefined;
}

/** A folder that is left out, and why. */
export interface SkippedFolder {
  /** Absolute path. */
  folder: string;
  reason: string;
  /**
   * Whether the folder holds an extension: one that runs without a sandbox, or one that was found
   * before.
   */
  isExtension: boolean;
}

/**
 * Lists the extension folders of a folder in Directus' layout: `<name>`, `@<scope>/<name>`,
 * `.registry/<id>`, and the dependencies of a `package.json` that have a `directus:extension`
 * field. Each group is sorted by path.
 *
 * Folders without a sandboxed extension are left out, and so is a package that an earlier group
 * has. Whether the others can be loaded shows when they are read.
 *
 * @param onSkip told of what is left out.
 * @returns absolute paths.
 * @throws {SandglassError} `E_NOT_FOUND` if the folder does not exist or is none, `E_LOAD` if it
 *   may not be read.
 */
export async function scanFolder(
  root: string,
  options: ScanOptions = {},
  onSkip: (skipped: SkippedFolder) => void = () => {},
): Promise<string[]> {
  const own = (await readRoot(root)).filter((name) => name !== 'node_modules' && !name.startsWith('.'));
  const scoped = own.filter((name) => name.startsWith('@'));
  const groups = [
    [
      ...own.filter((name) => !name.startsWith('@')).map((name) => join(root, name)),
      ...(await Promise.all(scoped.map((scope) => ofScope(join(root, scope))))).flat(),
    ],
    await pathsIn(join(root, '.registry')),
    await dependencies(options.packageJson ?? join(dirname(resolve(root)), 'package.json')),
  ];
  const isWanted = await createNameFilter(options);
  const taken = new Map<string, string>();
  const wanted: string[] = [];
  for (const group of groups) {
    const found = await Promise.all(group.map(lookInto));
    const names = new Map<string, string>();
    for (const { folder, name, skip } of found) {
      if (!isWanted(name)) continue;
      const twin = taken.get(name);
      const skipped = twin === undefined ? skip : { reason: `"${name}" is taken from ${twin}`, isExtension: true };
      if (skipped) onSkip({ folder, ...skipped });
      else {
        wanted.push(folder);
        names.set(name, folder);
      }
    }
    for (const [name, folder] of names) taken.set(name, folder);
  }
  return wanted;
}

/** Names of the folders in the folder of extensions. */
async function readRoot(root: string): Promise<string[]> {
  const fail = (reason: string, code: 'E_NOT_FOUND' | 'E_LOAD', cause?: unknown): never => {
    throw new SandglassError(code, `Cannot read the extensions in "${root}": ${reason}`, { cause });
  };
  const stats = await stat(root).catch((error: unknown) => fail('no such folder', 'E_NOT_FOUND', error));
  if (!stats.isDirectory()) fail('it is not a folder', 'E_NOT_FOUND');
  await access(root, constants.R_OK | constants.X_OK).catch((error: unknown) =>
    fail('this user may not read it', 'E_LOAD', error),
  );
  return foldersIn(root);
}

interface Found {
  folder: string;
  /** Name of the package, or of the folder if it has none. */
  name: string;
  skip?: Omit<SkippedFolder, 'folder'>;
}

/**
 * Whether a folder holds a sandboxed extension, as far as that can be told; one that cannot be read
 * may be one.
 */
async function lookInto(path: string): Promise<Found> {
  const folder = resolve(path);
  let parsed: unknown;
  try {
    parsed = await readPackageJson(folder);
  } catch (error) {
    const found = { folder, name: folderName(folder) };
    const isNone = isSandglassError(error) && error.code === 'E_NOT_FOUND';
    return isNone ? { ...found, skip: { reason: 'it has no package.json', isExtension: false } } : found;
  }
  const name = isObject(parsed) && typeof parsed['name'] === 'string' ? parsed['name'] : folderName(folder);
  const extension = isObject(parsed) ? parsed['directus:extension'] : undefined;
  if (extension === undefined)
    return { folder, name, skip: { reason: 'its package.json has no directus:extension', isExtension: false } };
  const reason = isObject(extension) ? whyUnsandboxed(extension) : undefined;
  return reason === undefined ? { folder, name } : { folder, name, skip: { reason, isExtension: true } };
}

/**
 * Directus runs these, and not in its sandbox. A bundle with a sandbox block is a mistake that
 * loading tells of.
 */
function whyUnsandboxed({ type, sandbox }: Record<string, unknown>): string | undefined {
  if ((APP_TYPES as readonly unknown[]).includes(type)) return `it is of type ${type as string}, for the browser`;
  if (type === 'bundle') return sandbox === undefined ? 'it is a bundle, which cannot be sandboxed' : undefined;
  if (!(SANDBOX_TYPES as readonly unknown[]).includes(type)) return undefined;
  const isOff = sandbox === undefined || (isObject(sandbox) && (sandbox['enabled'] ?? false) === false);
  return isOff ? 'it asks for no sandbox' : undefined;
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

function folderName(folder: string): string {
  const [scope, name] = folder.split(/[\\/]/).slice(-2);
  return scope?.startsWith('@') ? `${scope}/${name}` : (name ?? folder);
}

/**
 * Folders in the folder of an npm scope; the folder itself, if it is an extension whose name begins
 * with `@`.
 */
async function ofScope(folder: string): Promise<string[]> {
  const isPackage = await stat(join(folder, 'package.json')).then(
    () => true,
    () => false,
  );
  return isPackage ? [folder] : pathsIn(folder);
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
