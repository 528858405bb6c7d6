import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** SHA-256 of the engine of this process, hex. */
export async function engineDigest(): Promise<string> {
  const file = createRequire(import.meta.url).resolve('@sandglass/worker/engine.wasm');
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
