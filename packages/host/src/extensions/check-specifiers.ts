import { SandglassError } from '@sandglass/core';
import type { Program } from 'acorn';

/**
 * Refuses an import whose specifier holds a NUL: the engine's loader reads it as a C string, so that
 * `directus:api\0x` would be taken for `directus:api`.
 *
 * @throws {SandglassError} `E_LOAD` naming the specifier.
 */
export function assertPlainSpecifiers(program: Program): void {
  for (const node of program.body) {
    const specifier = 'source' in node ? node.source?.value : undefined;
    if (typeof specifier === 'string' && specifier.includes('\0')) {
      throw new SandglassError(
        'E_LOAD',
        `Cannot import ${JSON.stringify(specifier)}: a specifier must not contain NUL`,
      );
    }
  }
}
