import { SandglassError } from '@sandglass/core';

import type { FleetModule } from './contract.js';

/** Not imported statically: hosts on one machine do not install it. */
const PACKAGE: string = '@sandglass/fleet';

/** @throws {SandglassError} `E_NOT_FOUND` if the package is not installed. */
export async function loadFleetModule(): Promise<FleetModule> {
  try {
    return (await import(PACKAGE)) as FleetModule; // its own tests hold it to that
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    const message = `Cannot join a fleet without ${PACKAGE}: npm install ${PACKAGE}`;
    throw new SandglassError('E_NOT_FOUND', message, { cause });
  }
}
