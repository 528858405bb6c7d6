import { sep } from 'node:path';

import { readPackageJson } from '../extensions/read-folder.js';
import { scanFolder } from '../extensions/scan-folder.js';
import type { Host } from '../host.js';
import type { Reloaded } from '../service/reload-all.js';
import type { Config } from './config/schema.js';
import { watchFolder, type Watcher } from './dev/watch.js';
import { isExtension } from './open-host.js';

/** An installation writes its files one after the other, and is looked at when it pauses. */
const GATHER_MS = 300;

/**
 * Keeps a host in step with the folder of its configuration: loads what is new, reloads what
 * changed, unloads what went.
 *
 * @param onChange told what became of each change, if anything was loaded.
 */
export async function followFolder(host: Host, config: Config, onChange: (result: Reloaded) => void): Promise<Watcher> {
  const names = await readNames(config);
  let work: Promise<void> = Promise.resolve();
  const watcher = await watchFolder(
    config.extensions,
    (paths) => {
      work = work
        .then(() => sync(host, config, { names, paths }))
        .then((result) => {
          if (result.reloaded.length + result.failed.length > 0) onChange(result);
        });
    },
    GATHER_MS,
  );
  return {
    async close() {
      await watcher.close();
      await work;
    },
  };
}

/** Brings the host up to date. `names` are those of the folders that it has, and are kept so. */
async function sync(
  host: Host,
  config: Config,
  { names, paths }: { names: Map<string, string>; paths: readonly string[] },
): Promise<Reloaded> {
  const result: Reloaded = { reloaded: [], failed: [] };
  const found = await readNames(config);
  for (const [folder, name] of names) {
    if (found.get(folder) === name) continue;
    names.delete(folder);
    await host.unload(name);
  }
  for (const [folder, name] of found) {
    const isChanged = paths.some((path) => path === folder || path.startsWith(folder + sep));
    if (names.has(folder) && !isChanged) continue;
    names.set(folder, name);
    try {
      const isThere = host.extensions.some((one) => one.name === name);
      await (isThere ? host.reload(name) : host.load(folder));
      result.reloaded.push(name);
    } catch (error) {
      result.failed.push({ name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return result;
}

/** Folder → name of what is there; what cannot be read is left out until it changes. */
async function readNames({ extensions, include, exclude, packageJson }: Config): Promise<Map<string, string>> {
  const folders = (await isExtension(extensions))
    ? [extensions]
    : await scanFolder(extensions, { include, exclude, packageJson }).catch(() => []);
  const names = new Map<string, string>();
  for (const folder of folders) {
    const { name } = Object(await readPackageJson(folder).catch(() => undefined)) as { name?: unknown };
    if (typeof name === 'string') names.set(folder, name);
  }
  return names;
}
