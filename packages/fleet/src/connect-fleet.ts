import type { FleetOptions } from '@sandglass/host/fleet';

import { checkFleetOptions } from './connection/options.js';
import { openTransport, type Transport } from './connection/transport.js';

/** One node's place in a fleet. Made by {@link connectFleet}; whoever made it closes it. */
export interface Fleet extends AsyncDisposable {
  /** Of this node. */
  readonly name: string;
  /** False while no server answers; the node goes on with what it has. */
  readonly isConnected: boolean;
  close(): Promise<void>;
}

/**
 * Connects to a fleet.
 *
 * @throws {TypeError} for an option that cannot be used.
 * @throws {SandglassError} `E_FLEET` if no server answers, `E_FLEET_DENIED` if one refuses the
 *   credentials, `E_NOT_FOUND` for a file of credentials that cannot be read.
 */
export async function connectFleet(options: FleetOptions): Promise<Fleet> {
  const complete = checkFleetOptions(options);
  return new ConnectedFleet(complete.name, await openTransport(complete));
}

class ConnectedFleet implements Fleet {
  readonly name: string;
  readonly #transport: Transport;

  constructor(name: string, transport: Transport) {
    this.name = name;
    this.#transport = transport;
  }

  get isConnected(): boolean {
    return this.#transport.isConnected;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
