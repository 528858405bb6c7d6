import type { Fleet, FleetHost } from './contract.js';
import { loadFleetModule } from './load-module.js';
import type { FleetOptions } from './options.js';

/** A host's place in a fleet, if it has one. */
export interface Membership {
  readonly fleet: Fleet | undefined;
  join(host: FleetHost): Promise<void>;
  /** Stops following the catalogue. */
  leave(): Promise<void>;
  /** Ends the connection, unless the caller made it. */
  close(): Promise<void>;
}

const NONE: Membership = {
  fleet: undefined,
  join: () => Promise.resolve(),
  leave: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/**
 * Connects a host to its fleet. A connection that the caller made is left, not closed.
 *
 * @throws {SandglassError} `E_FLEET` and what else connecting throws.
 */
export async function openMembership(given: Fleet | FleetOptions | undefined): Promise<Membership> {
  if (given === undefined) return NONE;
  const isMade = 'join' in given;
  const fleet = isMade ? given : await (await loadFleetModule()).connectFleet(given);
  return {
    fleet,
    join: (host) => fleet.join(host),
    leave: () => fleet.leave(),
    close: () => (isMade ? Promise.resolve() : fleet.close()),
  };
}
