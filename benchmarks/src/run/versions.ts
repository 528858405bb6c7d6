import { readFile } from 'node:fs/promises';

/** The packages whose version says what was measured. */
const PACKAGES = ['@sandglass/host', '@sandglass/worker', 'quickjs-emscripten-core', 'piscina', 'undici'];

/** Versions of what our own suites run. */
export async function readVersions(): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(PACKAGES.map(async (name) => [name, await readVersion(name)] as const)));
}

/** Looks for the manifest above the entrypoint: not every package exports it. */
async function readVersion(name: string): Promise<string> {
  const entrypoint = new URL(import.meta.resolve(name));
  for (let folder = new URL('.', entrypoint); folder.pathname !== '/'; folder = new URL('..', folder)) {
    const text = await readFile(new URL('package.json', folder), 'utf8').catch(() => '{}');
    const manifest = JSON.parse(text) as { name?: string; version?: string };
    if (manifest.name === name) return manifest.version ?? 'unknown';
  }
  return 'unknown';
}
