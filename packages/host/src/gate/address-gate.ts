import { isIP } from 'node:net';

import { AddressList, familyOf } from './address-list.js';
import { type AddressRange, SPECIAL_IPV4, SPECIAL_IPV6 } from './address-ranges.js';
import { expandThisMachine } from './this-machine.js';

export interface AddressGateOptions {
  /**
   * Refused on top of the built-in ranges. Wins over `allowAddresses`. `0.0.0.0` is every address
   * of this machine.
   */
  denyAddresses?: readonly AddressRange[] | undefined;
  /** Opened although the built-in ranges refuse them. */
  allowAddresses?: readonly AddressRange[] | undefined;
}

/** Most decisions that are kept. */
const MAX_DECIDED = 1_024;

/** Longest address, an IPv4-mapped one. */
const MAX_ADDRESS_LENGTH = 45;

let special: AddressList | undefined;

/**
 * Whether an address is in a range that is not public. The list is built at the first request, not
 * at every start.
 */
function isSpecial(address: string): boolean {
  special ??= new AddressList([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
  return special.has(address);
}

/**
 * Decides which addresses a guest may reach: the public ones, and what the operator opens. Fails
 * closed.
 */
export class AddressGate {
  readonly #denied: AddressList;
  readonly #allowed: AddressList;
  /**
   * Node makes three objects for each look into a list, and requests go to a few addresses over and
   * over.
   */
  readonly #decided: Map<string, boolean> = new Map();

  /** @throws {TypeError} a range cannot be read. */
  constructor(options: AddressGateOptions = {}) {
    this.#denied = new AddressList(expandThisMachine(options.denyAddresses ?? []));
    this.#allowed = new AddressList(options.allowAddresses ?? []);
  }

  /** Whether an address is refused. What is not a canonical address is refused as well. */
  denies(address: string): boolean {
    const known = this.#decided.get(address);
    if (known !== undefined) return known;
    const denied = this.#decide(address);
    if (this.#decided.size >= MAX_DECIDED) this.#decided.clear();
    if (address.length <= MAX_ADDRESS_LENGTH) this.#decided.set(address, denied);
    return denied;
  }

  #decide(address: string): boolean {
    const family = familyOf(address);
    if (family === undefined) return true;
    if (this.#denied.has(address)) return true;
    if (family === 'ipv4') return !this.#allowed.has(address) && isSpecial(address);
    return this.#deniesIpv6(address, parseGroups(address));
  }

  /**
   * Whether a host of a URL is refused before any look-up: a literal address, or a name that always
   * means this machine.
   *
   * @param hostname as a URL has it, IPv6 in brackets.
   */
  deniesHost(hostname: string): boolean {
    const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    if (isIP(address) !== 0) return this.denies(address);
    // RFC 6761 §6.3: localhost and the names below it are loopback, whatever a resolver says.
    return /(?:^|\.)localhost\.?$/i.test(hostname) && this.denies('127.0.0.1');
  }

  #deniesIpv6(address: string, groups: readonly number[]): boolean {
    const embedded = embeddedIpv4(groups);
    if (embedded && this.#denied.has(embedded.address)) return true;
    if (embedded?.kind === 'mapped') return !this.#allowed.has(address) && this.denies(embedded.address);
    if (this.#allowed.has(address)) return embedded !== undefined && this.denies(embedded.address);
    return isIsatap(groups) || isSpecial(address);
  }
}

/** The IPv4 address that traffic to an IPv6 address would end at. */
function embeddedIpv4(groups: readonly number[]): { kind: 'mapped' | 'translated'; address: string } | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const zeroes = a === 0 && b === 0 && c === 0 && d === 0;
  if (zeroes && e === 0 && f === 0xffff) return { kind: 'mapped', address: dotted(g, h) };
  // SIIT, RFC 2765
  if (zeroes && e === 0xffff && f === 0) return { kind: 'translated', address: dotted(g, h) };
  // NAT64, RFC 6052 and 8215
  if (a === 0x64 && b === 0xff9b) return { kind: 'translated', address: dotted(g, h) };
  if (a === 0x2002) return { kind: 'translated', address: dotted(b, c) }; // 6to4, RFC 3056
  // Teredo, RFC 4380
  if (a === 0x2001 && b === 0) return { kind: 'translated', address: dotted(g ^ 0xffff, h ^ 0xffff) };
  return undefined;
}

/** Interface identifiers 0000:5efe and 0200:5efe before an IPv4 address (RFC 5214 §6.1). */
function isIsatap(groups: readonly number[]): boolean {
  return groups[5] === 0x5efe && (groups[4] === 0 || groups[4] === 0x200);
}

function dotted(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** The eight 16-bit groups of an IPv6 address that `isIP` accepted. */
function parseGroups(address: string): number[] {
  const [head = [], tail] = address.split('::', 2).map(readGroups);
  if (tail === undefined) return head;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function readGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
