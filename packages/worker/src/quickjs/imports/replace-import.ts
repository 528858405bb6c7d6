/**
 * Where a function was found in the imports of an earlier instance, by its marks: their names are
 * the same in each.
 */
const found: Map<string, { module: string; name: string }> = new Map();

/**
 * Puts a function in place of one that the WASM binary imports. The imports' names are
 * minified, so a function is found by what its text contains.
 *
 * @param marks all must occur in the text of the one function that is meant, whatever a bundler or
 *   runtime makes of its form.
 * @returns the function that was there.
 * @throws if not exactly one function fits: another build of the engine, which nothing here knows.
 */
export function replaceImport(
  imports: WebAssembly.Imports,
  marks: readonly RegExp[],
  replacement: (...args: never[]) => unknown,
): (...args: unknown[]) => unknown {
  const key = marks.join();
  let names = found.get(key);
  if (!names || !fits(imports[names.module]?.[names.name], marks)) found.set(key, (names = findImport(imports, marks)));
  const original = imports[names.module]![names.name] as (...args: unknown[]) => unknown; // it fits
  imports[names.module]![names.name] = replacement;
  return original;
}

/**
 * Finds a function in the imports by what its text contains.
 *
 * @throws if not exactly one function fits.
 */
export function findImport(imports: WebAssembly.Imports, marks: readonly RegExp[]): WebAssembly.ModuleImportDescriptor {
  const found = Object.entries(imports).flatMap(([module, values]) =>
    Object.entries(values)
      .filter(([, value]) => fits(value, marks))
      .map(([name]) => ({ module, name, kind: 'function' as const })),
  );
  const [only] = found;
  if (!only || found.length > 1) {
    throw new Error(
      `Cannot use this build of QuickJS: ${found.length} of its imports look like ${marks.join(' and ')}`,
    );
  }
  return only;
}

function fits(value: unknown, marks: readonly RegExp[]): boolean {
  if (typeof value !== 'function') return false;
  const text = String(value);
  return marks.every((mark) => mark.test(text));
}
