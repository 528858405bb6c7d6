import { SandglassError } from '@sandglass/core';

import { type Capabilities, CONSOLE } from './capabilities/registry.js';
import type { Extension } from './extensions/extension.js';
import type { CapabilityOptions } from './pool/contract.js';

/**
 * Connects the pool to the capabilities: each call is served with the grant of the very version
 * that makes it.
 *
 * @param version finds a version by its id. Ids come from a worker and may be forged; the pool has
 *   checked that this one belongs to the call.
 */
export function connectCapabilities(
  capabilities: Capabilities,
  version: (id: number) => Extension | undefined,
): CapabilityOptions {
  const nobody = capabilities.prepare({ name: '', version: '' }, {});
  const syncNames = capabilities.wires(nobody).flatMap(({ name, sync }) => (sync ? [name] : []));
  return {
    syncNames: new Set([CONSOLE, ...syncNames]),
    isEffect: (name) => capabilities.isEffect(name),
    async onCapability(call) {
      const extension = version(call.extensionId);
      if (!extension) throw new SandglassError('E_NOT_FOUND', `No extension has the id ${call.extensionId}`);
      return capabilities.invoke(extension.grant, call.name, call.args, {
        call: { id: call.callId, remainingTimeMs: () => call.remainingTimeMs(), context: call.context },
        ending: call.ending,
      });
    },
  };
}
