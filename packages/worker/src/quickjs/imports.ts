/**
 * Puts a function in the place of one that the WASM binary imports. The imports' names are minified, so a function is found
 * by what its text contains.
 *
 * @param marks all must occur in the text of the one function that is meant.
 * @throws if not exactly one function fits: another build of the engine, which nothing here knows.
 */
export function replaceImport(
  imports: WebAssembly.Imports,
  marks: readonly string[],
  replacement: (...args: never[]) => unknown,
): void {
  const found = Object.values(imports).flatMap((group) =>
    Object.entries(group)
      .filter(([, value]) => typeof value === 'function' && marks.every((mark) => String(value).includes(mark)))
      .map(([name]) => ({ group, name })),
  );
  const [only] = found;
  if (!only || found.length > 1) {
    throw new Error(
      `Cannot use this build of QuickJS: ${found.length} of its imports look like "${marks.join('", "')}"`,
    );
  }
  only.group[only.name] = replacement;
}
