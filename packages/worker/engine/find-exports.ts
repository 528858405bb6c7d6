import { loadEngine } from '../src/quickjs/variant.js';

/**
 * The names under which the stock engine exports functions of its source: its build shortens
 * names.
 *
 * @throws {Error} if it does not export one of them.
 */
export async function findExports<Name extends string>(
  stock: WebAssembly.Module,
  names: readonly Name[],
): Promise<Record<Name, string>> {
  let exports: [name: string, value: unknown][] = [];
  const module = await loadEngine({
    instantiateWasm(imports: WebAssembly.Imports, onSuccess: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(stock, imports);
      exports = Object.entries(instance.exports);
      onSuccess(instance);
      return instance.exports;
    },
  });
  const known = module as unknown as Record<string, unknown>; // by the names of the source
  const found = names.map((name) => {
    const entry = exports.find(([, value]) => value === known[`_${name}`]);
    if (!entry) throw new Error(`Cannot use this build of QuickJS: it has no ${name}`);
    return [name, entry[0]];
  });
  return Object.fromEntries(found) as Record<Name, string>; // each was found
}
