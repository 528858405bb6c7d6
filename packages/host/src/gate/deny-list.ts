import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

import { AddressList } from './address-list.js';
import type { AddressRange } from './address-ranges.js';

/** In Directus' list this address stands for every address of the machine itself. */
const THIS_MACHINE = '0.0.0.0';

/**
 * Reads a list in the format of Directus' `IMPORT_IP_DENY_LIST`: addresses, CIDR ranges and `a-b` ranges, separated by
 * commas; `0.0.0.0` means the addresses of the machine's own interfaces as they are now.
 *
 * @returns ranges for `denyAddresses`.
 * @throws {TypeError} an entry cannot be read.
 */
export function parseDenyList(
  text: string,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): AddressRange[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const ranges = entries.includes(THIS_MACHINE) ? [...entries, ...ownAddresses(interfaces)] : entries;
  void new AddressList(ranges); // throws on an entry that cannot be read
  return ranges;
}

function ownAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): AddressRange[] {
  return Object.values(interfaces).flatMap((infos) => (infos ?? []).map((info) => info.address.replace(/%.*$/, '')));
}
