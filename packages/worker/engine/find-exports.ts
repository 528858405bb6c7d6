import { ENGINE_FUNCTIONS, type EngineFunctions } from './run-handler.js';
import { loadEngine } from '../src/quickjs/variant.js';

/**
 * The names under which the stock engine exports the functions that `run-handler.ts` calls: its
 * build shortens names.
 */
export async function findExports(stock: WebAssembly.Module): Promise<EngineFunctions> {
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
  const found = ENGINE_FUNCTIONS.map((name) => {
    const entry = exports.find(([, value]) => value === known[`_${name}`]);
    if (!entry) throw new Error(`Cannot use this build of QuickJS: it has no ${name}`);
    return [name, entry[0]];
  });
  return Object.fromEntries(found) as EngineFunctions; // each was found
}
