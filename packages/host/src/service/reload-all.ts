import type { Host } from '../host.js';

/** What became of a reload. */
export interface Reloaded {
  reloaded: string[];
  /** These go on with the version before, if they had one. */
  failed: { name: string; message: string }[];
}

/**
 * Reloads extensions of a host from where they came, one after the other. Those that failed before
 * are tried again.
 *
 * @param only the name of one. @default all of them
 */
export async function reloadAll(host: Pick<Host, 'extensions' | 'reload'>, only?: string): Promise<Reloaded> {
  const result: Reloaded = { reloaded: [], failed: [] };
  for (const name of only === undefined ? host.extensions.map((one) => one.name) : [only]) {
    try {
      await host.reload(name);
      result.reloaded.push(name);
    } catch (error) {
      result.failed.push({ name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return result;
}
