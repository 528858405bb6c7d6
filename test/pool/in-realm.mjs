/**
 * Runs the script named on the command line in a `node:vm` context, with this workspace's packages
 * in it, as Jest does.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';

const PACKAGES = new URL('../../packages/', import.meta.url).href;
/**
 * The language's own globals are the context's, the rest are handed over; V8's own console prints
 * nowhere.
 */
const language = new Set(vm.runInNewContext('Object.getOwnPropertyNames(globalThis)'));
language.delete('console');
const handed = Object.getOwnPropertyNames(globalThis).filter((name) => !language.has(name));

const script = pathToFileURL(resolve(process.argv[2])).href;
const context = vm.createContext(Object.fromEntries(handed.map((name) => [name, globalThis[name]])));
const { dispose, asyncDispose } = Symbol; // Node's own, which it lends to the main context alone
Object.assign(vm.runInContext('Symbol', context), { dispose, asyncDispose });
const modules = new Map();

const entry = await link(script);
await entry.evaluate();

async function link(url) {
  const made = await load(url);
  if (made.status === 'unlinked') await made.link(find);
  return made;
}

function load(url) {
  if (!modules.has(url)) modules.set(url, make(url));
  return modules.get(url);
}

async function make(url) {
  if (!url.startsWith(PACKAGES) && url !== script) return borrow(url);
  return new vm.SourceTextModule(await readFile(fileURLToPath(url), 'utf8'), {
    context,
    identifier: url,
    initializeImportMeta: (meta) => Object.assign(meta, { url, resolve: (specifier) => toUrl(specifier, url) }),
    importModuleDynamically: async (specifier) => {
      const imported = await link(toUrl(specifier, url));
      if (imported.status === 'linked') await imported.evaluate();
      return imported;
    },
  });
}

/** A module of the main realm. */
async function borrow(url) {
  const namespace = await import(url);
  const names = Object.keys(namespace);
  return new vm.SyntheticModule(
    names,
    function () {
      for (const name of names) this.setExport(name, namespace[name]);
    },
    { context, identifier: url },
  );
}

function find(specifier, { identifier }) {
  return load(toUrl(specifier, identifier));
}

function toUrl(specifier, parent) {
  // the second parameter needs --experimental-import-meta-resolve
  return import.meta.resolve(specifier, parent);
}
