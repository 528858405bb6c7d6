/**
 * Brings packages that only these tests need into a cache folder, which is no part of the
 * workspace's install.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Below `node_modules`, so that git ignores it and a clean install removes it. */
export const CACHE = fileURLToPath(new URL('../../node_modules/.cache/sandglass', import.meta.url));

/**
 * Installs packages with npm into a folder of the cache, unless they are there.
 *
 * @returns the folder that has `node_modules`.
 */
export async function install(name, packages, { overrides = {}, ...options } = {}) {
  const folder = join(CACHE, name);
  const marker = join(folder, 'installed.txt');
  const wanted = packages.join('\n');
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return folder;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, overrides }));
  console.error(`installing ${packages.join(' ')}`);
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], {
    cwd: folder,
    ...options,
  });
  await writeFile(marker, wanted);
  return folder;
}

/**
 * Runs a command. @returns its standard output @throws if it fails, or takes longer than
 * `timeoutMs`
 */
export function run(command, args, { timeoutMs = 300_000, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...options,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command} ended with ${signal ?? code}\n${stderr}\n${stdout.slice(-2_000)}`));
    });
  });
}
