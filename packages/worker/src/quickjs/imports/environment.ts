import { replaceImport } from './replace-import.js';

/**
 * Gives the engine an empty environment. The variables that emscripten makes up hold the host's
 * locale: guests must not see it, and a snapshot taken under one locale would not fit an instance
 * under another.
 */
export function replaceEnvironment(imports: WebAssembly.Imports, memory: WebAssembly.Memory): void {
  replaceImport(imports, [/ of /, /\.length\b/], sizes);
  replaceImport(imports, [/ of /, /\+=\s*4\b/], () => 0);

  /** `environ_sizes_get`: how many variables there are, and how many bytes they take. */
  function sizes(countAt: number, bytesAt: number): 0 {
    const words = new Uint32Array(memory.buffer);
    words[countAt >> 2] = 0;
    words[bytesAt >> 2] = 0;
    return 0;
  }
}
