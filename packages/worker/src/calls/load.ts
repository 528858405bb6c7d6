import { decodeValue, type ErrorWire, type Registration } from '@sandglass/core';

import type { Call } from './call.js';
import { describeFailure } from './failure.js';
import { limitFailure } from './limit-failure.js';
import { tellRejections } from './tell-rejections.js';
import type { Progress } from '../quickjs/realm.js';
import type { Snapshot } from '../sandbox/snapshot.js';
import { Thrown } from '../sandbox/value-bridge.js';

/** A load that failed, with the error that the host gets. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  readonly wire: ErrorWire;

  constructor(wire: ErrorWire) {
    super(wire.message);
    this.wire = wire;
  }
}

/**
 * Evaluates an extension in a booted sandbox, has it register and takes the snapshot.
 *
 * @param call holds the sandbox and the limits of the load.
 * @param settled resolves once the promise of a pending step is settled.
 * @throws {LoadError} `E_LOAD` for what the source did, or the limit that it met.
 */
export async function loadExtension(
  call: Call,
  key: string,
  settled: (pending: Progress) => Promise<Progress>,
): Promise<Snapshot> {
  const { sandbox } = call;

  async function step(run: () => Progress): Promise<number> {
    let progress = call.slice(run);
    if (progress.state === 'pending' && !call.stopped) progress = await settled(progress);
    if (call.stopped || progress.state !== 'fulfilled') throw call.slice(() => failed(call, progress));
    return progress.value;
  }

  const namespace = await step(() => sandbox.evaluate(call));
  await step(() => sandbox.register(call, namespace));
  const list = call.slice(() => sandbox.registered(call));
  const thrown = list instanceof Thrown ? list.value : 0;
  if (call.stopped || list instanceof Thrown)
    throw call.slice(() => failed(call, { state: 'rejected', value: thrown }));
  const registrations = toRegistrations(decodeValue(list) as string[][]); // made by the prelude
  if (call.hasRejections) call.slice(() => tellRejections(call));
  sandbox.compactHeap();
  return await sandbox.snapshot({ key, registrations });
}

/** The error of a failed load: `E_LOAD` for what the guest threw, else the code of the limit. */
function failed(call: Call, { value }: Progress): LoadError {
  const wire = describeFailure(call, value);
  const code = wire.code === 'E_GUEST' || wire.code === 'E_CLONE' ? 'E_LOAD' : wire.code;
  return new LoadError({ ...wire, code });
}

/** The error of a load whose top-level await takes too long. */
export function loadTimeout(call: Call): LoadError {
  return new LoadError(limitFailure('E_WALL', call.extension, 'loadTimeMs'));
}

function toRegistrations(list: string[][]): Registration[] {
  return list.map(([type, name = '', path = ''], handler): Registration => {
    switch (type) {
      case 'route':
        // from the prelude's own list
        return { type, method: name.toUpperCase() as 'GET', path, handler };
      case 'filter':
      case 'action':
        return { type, event: name, handler };
      default:
        return { type: 'operation', id: name, handler };
    }
  });
}
