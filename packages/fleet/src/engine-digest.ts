import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** Digest of the engine of this process: lanes and snapshots go by it. */
export async function ownEngineDigest(): Promise<string> {
  const file = createRequire(import.meta.url).resolve('@sandglass/worker/engine.wasm');
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  const { engineDigest } = await import('@sandglass/worker');
  return engineDigest({ hash });
}
