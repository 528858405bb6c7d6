import { attach } from './attach.js';
import { assertKnown } from './assert-known.js';
import type { DirectusModules, ExtensionManager, SandboxedExtension } from './directus.js';
import { openHost, useDirectus } from './open-host.js';
import { PREFIX, serveStatus } from './status.js';

/**
 * Replaces the one method by which Directus' extension manager registers a sandboxed API extension.
 * Everything around it stays Directus' own.
 *
 * @throws {Error} for a Directus that is not as it has to be; nothing is replaced then.
 */
export function replaceSandbox(modules: DirectusModules): void {
  assertKnown(modules);
  useDirectus(modules);
  const { prototype } = modules.manager.ExtensionManager;
  const withStatus = new WeakSet<ExtensionManager>();
  prototype.registerSandboxedApiExtension = async function register(
    this: ExtensionManager,
    extension: SandboxedExtension,
  ): Promise<void> {
    const { host, limits, status } = await openHost();
    if (status && !withStatus.has(this)) {
      withStatus.add(this);
      this.endpointRouter.use(`/${PREFIX}/status`, serveStatus(status));
    }
    const info = await host.load(extension.path, { limits });
    const detach = await attach(info, { host, manager: this, modules });
    this.unregisterFunctionMap.set(extension.name, detach);
  };
}
