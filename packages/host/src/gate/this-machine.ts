import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

import type { AddressRange } from './address-ranges.js';

/**
 * On Directus' `IMPORT_IP_DENY_LIST` this address stands for every address of the machine itself.
 */
const THIS_MACHINE = '0.0.0.0';

/** Addresses that lead to this machine whatever its interfaces are. */
const LOOPBACK: readonly AddressRange[] = ['0.0.0.0/8', '127.0.0.0/8', '::', '::1'];

/**
 * Adds to a list that has `0.0.0.0` what that stands for: loopback, and the addresses of the
 * interfaces as they are now.
 */
export function expandThisMachine(
  ranges: readonly AddressRange[],
  interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces,
): readonly AddressRange[] {
  if (!ranges.includes(THIS_MACHINE)) return ranges;
  const own = Object.values(interfaces()).flatMap((infos = []) => infos.map(({ address }) => address.split('%')[0]!));
  return [...ranges, ...LOOPBACK, ...own];
}
