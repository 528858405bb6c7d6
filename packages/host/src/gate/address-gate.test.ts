import { describe, expect, test } from 'vitest';

import { AddressGate } from './address-gate.js';
import { expandThisMachine } from './this-machine.js';

describe('AddressGate', () => {
  test.each([
    ['127.0.0.1', true],
    ['[::1]', true],
    ['[::ffff:7f00:1]', true],
    ['localhost', true],
    ['LOCALHOST', true],
    ['a.b.localhost', true],
    ['localhost.test', false],
    ['x.com', false],
    ['1.1.1.1', false],
  ])('deniesHost(%s) is %s', (hostname, denied) => {
    expect(new AddressGate().deniesHost(hostname)).toBe(denied);
  });

  test('allowAddresses opens an address, a CIDR range and a range a-b, in mapped form too', () => {
    const gate = new AddressGate({
      allowAddresses: ['127.0.0.1', '10.0.0.0/8', '192.168.0.1 - 192.168.0.9', 'fd00::/8'],
    });
    expect(
      ['127.0.0.1', '::ffff:127.0.0.1', '10.9.9.9', '192.168.0.9', 'fd12::1'].filter((address) => gate.denies(address)),
    ).toEqual([]);
    expect(['127.0.0.2', '192.168.0.10', '172.16.0.1', 'fe80::1'].every((address) => gate.denies(address))).toBe(true);
    expect(gate.deniesHost('localhost')).toBe(false);
  });

  test('denyAddresses wins over allowAddresses and closes public addresses, in mapped form too', () => {
    const gate = new AddressGate({
      allowAddresses: ['10.0.0.0/8'],
      denyAddresses: ['10.1.0.0/16', '1.1.1.1', '2606:4700::/32', '::ffff:8.8.8.0/120'],
    });
    expect(
      ['10.1.2.3', '1.1.1.1', '::ffff:1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'].every((address) =>
        gate.denies(address),
      ),
    ).toBe(true);
    expect(['10.2.0.1', '1.0.0.1'].some((address) => gate.denies(address))).toBe(false);
  });

  test('an opened translation range still judges the IPv4 address inside', () => {
    const gate = new AddressGate({ allowAddresses: ['64:ff9b::/96', '2002::/16'] });
    expect(gate.denies('64:ff9b::8.8.8.8')).toBe(false);
    expect(gate.denies('64:ff9b::10.0.0.1')).toBe(true);
    expect(gate.denies('2002:808:808::1')).toBe(false);
    expect(gate.denies('2002:7f00:1::1')).toBe(true);
  });

  test('an unaligned CIDR range means its network', () => {
    const gate = new AddressGate({ denyAddresses: ['8.8.8.8/24'] });
    expect([gate.denies('8.8.8.1'), gate.denies('8.8.9.1')]).toEqual([true, false]);
  });

  test.each([
    'x',
    '1.1.1',
    '1.1.1.1/33',
    '1.1.1.1/',
    '1.1.1.1/a',
    '1.1.1.9-1.1.1.1',
    '1.1.1.1-::1',
    '1.1.1.1-1.1.1.2-1.1.1.3',
    'fe80::1%eth0',
    '1.1.1.1/8/8',
  ])('a range that cannot be read is a TypeError: %j', (range) => {
    expect(() => new AddressGate({ denyAddresses: [range] })).toThrow(
      new RegExp(`^Invalid address range "${range.replace(/[./]/g, '\\$&')}"`),
    );
  });

  test('0.0.0.0 on the deny list is every address of this machine', () => {
    const info = { netmask: '', mac: '', internal: false, cidr: null };
    const interfaces = {
      eth0: [
        { ...info, family: 'IPv4' as const, address: '93.184.216.34' },
        { ...info, family: 'IPv6' as const, address: 'fe80::1%eth0', scopeid: 2 },
      ],
    };
    expect(expandThisMachine(['8.8.8.8'], () => interfaces)).toEqual(['8.8.8.8']);
    const denyAddresses = expandThisMachine(['0.0.0.0'], () => interfaces);
    const gate = new AddressGate({ denyAddresses, allowAddresses: ['0.0.0.0/0', '::/0'] });
    const own = ['0.0.0.0', '127.0.0.1', '127.8.8.8', '::1', '::', '::ffff:127.0.0.1', '93.184.216.34', 'fe80::1'];
    expect(own.filter((address) => !gate.denies(address))).toEqual([]);
    expect(gate.denies('93.184.216.35')).toBe(false);
  });

  test('a gate asks this machine for its addresses', () => {
    const gate = new AddressGate({ denyAddresses: ['0.0.0.0'], allowAddresses: ['127.0.0.0/8'] });
    expect([gate.denies('127.0.0.1'), gate.deniesHost('localhost')]).toEqual([true, true]);
  });
});
