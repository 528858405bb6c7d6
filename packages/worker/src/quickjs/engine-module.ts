import type { EngineModule } from '@sandglass/core';

/**
 * Compiles the engine once for all threads: a `WebAssembly.Module` can be posted to workers.
 *
 * @param wasm the engine's binary, for runtimes without a file system. @default this package's
 *   `engine.wasm`
 * @throws if the file is missing or not a WASM binary; the message says which.
 */
export async function compileEngine(wasm?: Uint8Array<ArrayBuffer>): Promise<EngineModule> {
  const bytes = wasm ?? (await readWasm());
  const [module, digest] = await Promise.all([WebAssembly.compile(bytes), crypto.subtle.digest('SHA-256', bytes)]);
  return { wasm: module, hash: toHex(digest) };
}

/**
 * The engine as `pnpm build` leaves it: quickjs-emscripten's release-sync binary, rewritten
 * (`engine/build.ts`).
 */
async function readWasm(): Promise<Uint8Array<ArrayBuffer>> {
  const { readFile } = await import('node:fs/promises');
  // written so that tracers see it
  return readFile(new URL(import.meta.resolve('@sandglass/worker/engine.wasm')));
}

export function toHex(digest: ArrayBuffer): string {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
