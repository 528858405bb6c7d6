import { BlockList, type IPVersion, isIP } from 'node:net';

import type { AddressRange } from './address-ranges.js';

/**
 * Addresses of both families. Kept apart: node's BlockList compares an IPv4 address with IPv6
 * ranges as its mapped form.
 */
export class AddressList {
  readonly #lists: Record<IPVersion, BlockList> = { ipv4: new BlockList(), ipv6: new BlockList() };

  /**
   * @param ranges addresses, CIDR ranges, `a-b` ranges.
   * @throws {TypeError} one of them is none of these.
   */
  constructor(ranges: readonly AddressRange[]) {
    for (const range of ranges) this.#add(range);
  }

  /** Whether an address is in the list, in the family it is written in. */
  has(address: string): boolean {
    const family = familyOf(address);
    return family !== undefined && this.#lists[family].check(address, family);
  }

  #add(range: AddressRange): void {
    const [first = '', last, ...more] = range.split('-').map((part) => part.trim());
    const [network = '', prefix, ...rest] = first.split('/');
    const family = familyOf(network);
    if (family === undefined || more.length + rest.length > 0) throw invalid(range);
    try {
      if (last !== undefined) this.#lists[family].addRange(first, last, family);
      else if (prefix !== undefined) this.#lists[family].addSubnet(network, parsePrefix(prefix), family);
      else this.#lists[family].addAddress(network, family);
    } catch (error) {
      throw invalid(range, error);
    }
  }
}

/** Whether a value is an address, a CIDR range or a range a-b. */
export function isAddressRange(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    void new AddressList([value]);
    return true;
  } catch {
    return false;
  }
}

/** The family of a canonical address without a zone, else undefined. */
export function familyOf(address: string): IPVersion | undefined {
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}

function parsePrefix(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
}

function invalid(range: string, cause?: unknown): TypeError {
  return new TypeError(`Invalid address range "${range}": write an address, a CIDR range or a range a-b`, { cause });
}
