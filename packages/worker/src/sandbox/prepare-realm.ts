import type { CapabilityWire, ExtensionWire } from '@sandglass/core';

import { ASK_LOCALE, FIRST_CAPABILITY, FIRST_LATE, KIND_OF, WRITE_CONSOLE } from './native-functions.js';
import { LATE_FUNCTIONS } from './prelude/late.js';
import { PRELUDE, PRELUDE_FUNCTIONS, type PreludeFunction } from './prelude/prelude.js';
import { evaluate, type Pointer } from '../quickjs/ffi.js';
import type { Realm } from '../quickjs/realm.js';

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
  const { instance, pointers } = realm;
  const prelude = realm.own(evaluate(instance, pointers.ctx, PRELUDE));
  const env = nodeEnv === null ? instance.ffi.QTS_GetNull() : realm.newString(nodeEnv);
  const functions = realm.call(prelude, newNatives(realm), newLateFunctions(realm), env);
  if (realm.isException(functions)) throw new Error('the prelude failed');
  const entries = PRELUDE_FUNCTIONS.map((name, i) => [name, realm.keep(realm.get(functions, i))] as const);
  return Object.fromEntries(entries) as Record<PreludeFunction, Pointer>; // all of them
}

function newNatives(realm: Realm): Pointer {
  const natives = realm.newObject();
  for (const [name, id] of Object.entries({ kindOf: KIND_OF, writeConsole: WRITE_CONSOLE, askLocale: ASK_LOCALE }))
    realm.set(natives, name, realm.newFunction(name, id));
  return natives;
}

function newLateFunctions(realm: Realm): Pointer {
  const functions = realm.newObject();
  for (const [i, { path }] of LATE_FUNCTIONS.entries())
    realm.set(functions, String(i), realm.newFunction(path.split('.').at(-1)!, FIRST_LATE + i));
  return functions;
}

/**
 * Modules are real ES modules over native functions, which pass through a global for a moment,
 * before guest code exists.
 */
function defineModules(realm: Realm, { capabilities }: ExtensionWire): void {
  const carrier = realm.newObject();
  for (const [i, { name }] of capabilities.entries()) {
    realm.set(carrier, String(i), realm.newFunction(name.split('.').at(-1)!, FIRST_CAPABILITY + i));
  }
  realm.set(realm.global(), 'sandglass', carrier);
  for (const [module, text] of moduleTexts(capabilities)) run(realm, text, 'module', module);
  run(realm, 'delete globalThis.sandglass', 'script');
  realm.runJobs({ mustStop: () => false });
}

/** Module text by specifier. `items.read` is a member of the export `items`, which is frozen. */
function moduleTexts(capabilities: readonly CapabilityWire[]): Map<string, string> {
  const modules = new Map<string, Map<string, string>>();
  for (const [i, { name, module }] of capabilities.entries()) {
    if (module === '') continue; // the console is a global
    const exports = modules.get(module) ?? new Map<string, string>();
    modules.set(module, exports);
    const [object = '', member] = name.split('.');
    const value = member === undefined ? `sandglass[${i}]` : `${exports.get(object) ?? ''}${member}: sandglass[${i}], `;
    exports.set(object, value);
  }
  const hasMembers = (name: string): boolean => capabilities.some((other) => other.name.startsWith(`${name}.`));
  const toExport = ([name, value]: [string, string]): string =>
    `export const ${name} = ${hasMembers(name) ? `Object.freeze({ ${value} })` : value};`;
  return new Map([...modules].map(([module, exports]) => [module, [...exports].map(toExport).join('\n')]));
}

function run(realm: Realm, text: string, as: 'script' | 'module', filename?: string): void {
  const result = realm.own(evaluate(realm.instance, realm.pointers.ctx, text, { as, filename }));
  if (realm.isException(result)) throw new Error(`the realm cannot be prepared: ${text}`);
}
