import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

/** Makes a folder with files, gone when the test is over. Objects are written as JSON. */
export async function makeFolder(files: Readonly<Record<string, string | object>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, files);
  return folder;
}

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | object>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

/** The `package.json` of an extension whose code is `index.js`. */
export function packageJson(
  name: string,
  type: 'endpoint' | 'hook' | 'operation',
  requestedScopes: object = {},
  file = 'index.js',
): object {
  const path = type === 'operation' ? { app: 'app.js', api: file } : file;
  return {
    name,
    version: '1.0.0',
    'directus:extension': { type, path, source: path, host: '*', sandbox: { enabled: true, requestedScopes } },
  };
}
