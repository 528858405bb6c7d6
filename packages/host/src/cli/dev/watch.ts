import { basename } from 'node:path';

import { watch } from 'chokidar';

/**
 * Changes that come together are one: an editor writes several files at once, or one in several
 * steps.
 */
const GATHER_MS = 40;

const IGNORED: ReadonlySet<string> = new Set(['node_modules', '.git', '.sandglass']);

/** A folder that is being watched. */
export interface Watcher {
  close(): Promise<void>;
}

/**
 * Watches a folder and all below it, dependencies and version control left out.
 *
 * @param onChange gets the absolute paths that changed, those of one moment together.
 * @param gatherMs how long a moment is.
 */
export async function watchFolder(
  folder: string,
  onChange: (paths: string[]) => void,
  gatherMs: number = GATHER_MS,
): Promise<Watcher> {
  let gathered = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    const paths = [...gathered];
    gathered = new Set();
    timer = undefined;
    onChange(paths);
  };
  const watcher = watch(folder, {
    ignoreInitial: true,
    ignored: (path) => path !== folder && IGNORED.has(basename(path)),
  });
  watcher.on('all', (_event, path) => {
    gathered.add(path);
    timer ??= setTimeout(flush, gatherMs);
  });
  await new Promise<void>((resolve, reject) => {
    watcher.once('ready', resolve);
    watcher.once('error', reject);
  });
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
