import type { DirectusModules } from './directus.js';
import { packageVersion } from './package-version.js';

/** Versions that the tests run. */
const TESTED = ['11.17.4', '12.4.1'];

/** By module of Directus, a name that it has to export. */
const EXPORTS: Readonly<Partial<Record<keyof DirectusModules, string>>> = {
  emitter: 'default',
  flows: 'getFlowManager',
  logger: 'useLogger',
  schema: 'getSchema',
  services: 'ItemsService',
  env: 'useEnv',
  express: 'Router',
};

/** Parts that the text of the replaced method has to have. */
const USES = ['this.unregisterFunctionMap.set(extension.name', 'this.endpointRouter', 'extension.path'];

/**
 * Asserts that the modules of a Directus have what this package uses of them.
 *
 * @throws {Error} that names both versions, and what is missing.
 */
export function assertKnown(modules: DirectusModules): void {
  const missing = findMissing(modules);
  if (missing !== undefined) refuse(missing, modules);
}

/** @throws {Error} always. */
export function refuse(missing: string, { directus, api }: Partial<Pick<DirectusModules, 'directus' | 'api'>>): never {
  const theirs = `Directus ${directus?.version ?? '(unknown)'} (@directus/api ${api?.version ?? '(unknown)'})`;
  throw new Error(
    `Sandglass ${packageVersion} cannot replace the sandbox of ${theirs}: ${missing}. ` +
      `It is tested with Directus ${TESTED.join(' and ')}. Nothing was replaced: start Directus without ` +
      `"--import directus-extension-sandglass/register" to have its own sandbox, or update Sandglass`,
  );
}

/** Looks for names only: a module that is still loading has no values yet. */
function findMissing(modules: DirectusModules): string | undefined {
  const manager = modules.manager as Partial<DirectusModules['manager']>;
  const method: unknown = manager.ExtensionManager?.prototype?.registerSandboxedApiExtension;
  if (typeof method !== 'function') return 'its extension manager has no registerSandboxedApiExtension';
  const text = String(method);
  const use = USES.find((one) => !text.includes(one));
  if (method.length !== 1 || use !== undefined)
    return `its registerSandboxedApiExtension is another one${use === undefined ? '' : `, without "${use}"`}`;
  for (const [module, name] of Object.entries(EXPORTS)) {
    if (!(name in modules[module as keyof DirectusModules])) return `its module of the ${module} has no "${name}"`;
  }
  return undefined;
}
