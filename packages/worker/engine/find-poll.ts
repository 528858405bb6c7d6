import { findImport } from '../src/quickjs/imports/replace-import.js';
import { loadEngine } from '../src/quickjs/variant.js';

/** The import of the stock engine that asks whether to go on: the one for its interrupt handler. */
export async function findPoll(): Promise<WebAssembly.ModuleImportDescriptor> {
  const imports = await new Promise<WebAssembly.Imports>((resolve, reject) => {
    const instantiateWasm = (found: WebAssembly.Imports): WebAssembly.Exports => {
      resolve(found);
      throw new Error('only the imports were wanted');
    };
    loadEngine({ instantiateWasm }).catch(reject);
  });
  return findImport(imports, [/\bshouldInterrupt\(/]);
}
