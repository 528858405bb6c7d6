import type { ExtensionWire } from '@sandglass/core';

import { FIRST_CAPABILITY, KIND_OF, WRITE_CONSOLE } from './native-functions.js';
import { PRELUDE, PRELUDE_FUNCTIONS, type PreludeFunction } from './prelude.js';
import { evaluate, type Pointer } from './quickjs/ffi.js';
import type { Realm } from './quickjs/realm.js';

/**
 * Runs the prelude in a new realm and puts the capability modules in.
 *
 * @throws {Error} if the heap is too small even for that.
 */
export function prepareRealm(realm: Realm, extension: ExtensionWire): Record<PreludeFunction, Pointer> {
  const prelude = runPrelude(realm, extension.nodeEnv);
  defineModules(realm, extension);
  realm.release();
  return prelude;
}

function runPrelude(realm: Realm, nodeEnv: string | null): Record<PreludeFunction, Pointer> {
  const { machine, pointers } = realm;
  const prelude = realm.own(evaluate(machine, pointers.ctx as never, PRELUDE));
  const env = nodeEnv === null ? machine.ffi.QTS_GetNull() : realm.newString(nodeEnv);
  const functions = realm.call(
    prelude,
    realm.newFunction('kindOf', KIND_OF),
    realm.newFunction('writeConsole', WRITE_CONSOLE),
    env,
  );
  if (realm.isException(functions)) throw new Error('the prelude failed');
  const entries = PRELUDE_FUNCTIONS.map((name, i) => [name, realm.keep(realm.get(functions, i))] as const);
  return Object.fromEntries(entries) as Record<PreludeFunction, Pointer>; // all of them
}

/** Modules are real ES modules over native functions, which pass through a global for a moment, before guest code exists. */
function defineModules(realm: Realm, { capabilities }: ExtensionWire): void {
  const carrier = realm.newObject();
  const texts = new Map<string, string>();
  for (const [i, { name, module }] of capabilities.entries()) {
    if (module === '') continue; // the console is a global
    realm.set(carrier, String(i), realm.newFunction(name, FIRST_CAPABILITY + i));
    texts.set(module, `${texts.get(module) ?? ''}export const ${name} = sandglass[${i}];\n`);
  }
  realm.set(realm.global(), 'sandglass', carrier);
  for (const [module, text] of texts) run(realm, text, 'module', module);
  run(realm, 'delete globalThis.sandglass', 'script');
  realm.runJobs(() => false);
}

function run(realm: Realm, text: string, as: 'script' | 'module', filename?: string): void {
  const result = realm.own(evaluate(realm.machine, realm.pointers.ctx as never, text, as, filename));
  if (realm.isException(result)) throw new Error(`the realm cannot be prepared: ${text}`);
}
