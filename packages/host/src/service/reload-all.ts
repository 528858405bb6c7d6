import type { Host } from '../host.js';

/** What became of a reload of everything. */
export interface Reloaded {
  reloaded: string[];
  /** These go on with the version before, if they had one. */
  failed: { name: string; message: string }[];
}

/**
 * Reloads every extension of a host from where it came, one after the other. Those that failed
 * before are tried again.
 */
export async function reloadAll(host: Pick<Host, 'extensions' | 'reload'>): Promise<Reloaded> {
  const result: Reloaded = { reloaded: [], failed: [] };
  for (const { name } of host.extensions) {
    try {
      await host.reload(name);
      result.reloaded.push(name);
    } catch (error) {
      result.failed.push({ name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return result;
}
