import { isSandglassError, SandglassError } from '@sandglass/core';

import type { Catalog } from '../catalog.js';
import type { Extension, ExtensionOrigin } from '../extensions/extension.js';
import type { Pool } from '../pool/contract.js';
import type { Caller } from '../routing/caller.js';
import { runOperation } from '../routing/run-operation.js';
import type { Traces } from '../telemetry/observe.js';
import type { FleetHost, FleetWork, WorkEnd } from './contract.js';
import { DurableCall } from './durable-call.js';

/** The parts of a host that its fleet uses. */
export interface FleetHostParts {
  open: (origin: ExtensionOrigin) => Promise<Extension>;
  catalog: Catalog;
  caller: Caller;
  pool: Pick<Pool, 'stats'>;
  report: FleetHost['report'];
  traces: Traces;
}

/** The host as its fleet sees it. */
export function createFleetHost({ open, catalog, caller, pool, report, traces }: FleetHostParts): FleetHost {
  return {
    stage: async ({ source, limits, grant: granted }) =>
      catalog.stage(await open({ from: source, options: { limits }, granted })),
    remove: (name) => catalog.remove(name),
    listenersOf(event) {
      const counts = new Map<string, number>();
      return catalog.hooks.listeners('action', event).map(({ owner: { name } }) => {
        const ordinal = counts.get(name) ?? 0;
        counts.set(name, ordinal + 1);
        return { extension: name, ordinal };
      });
    },
    async run(work, claim): Promise<WorkEnd> {
      const context = new DurableCall(work.id, claim);
      try {
        const value = await traces.within(work.trace, () => runWork(work, context, { catalog, caller }));
        return { value, effects: context.effects };
      } catch (thrown) {
        const error = isSandglassError(thrown)
          ? thrown
          : new SandglassError('E_GUEST', String(thrown), { cause: thrown });
        return { error, effects: context.effects };
      }
    },
    stats: () => pool.stats(),
    carryTrace: () => traces.carry(),
    report,
  };
}

function runWork(
  work: FleetWork,
  context: DurableCall,
  { catalog, caller }: Pick<FleetHostParts, 'catalog' | 'caller'>,
): Promise<unknown> {
  if (work.kind === 'operation')
    return runOperation(work.operation, work.options, { context }, { operations: catalog.operations, caller });
  const { event, meta, extension, ordinal } = work;
  const own = catalog.hooks.listeners('action', event).filter(({ owner }) => owner.name === extension);
  const listener = own[ordinal];
  if (!listener)
    throw new SandglassError('E_NOT_FOUND', `"${extension}" does not listen to "${event}" here`, { extension });
  // the event first, whatever the meta calls one
  return caller.call(listener.owner, listener.handler, Object.assign({ event }, meta, { event }), { context });
}
