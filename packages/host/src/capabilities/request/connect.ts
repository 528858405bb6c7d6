import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
// Bun puts a stub of its own in place of the bare name
import { buildConnector } from 'undici/index.js';

import type { AddressGate } from '../../gate/address-gate.js';
import { DeniedAddressError } from './failure.js';
import { watchHeads } from './response-heads.js';

export interface ConnectorOptions {
  gate: AddressGate;
  /** @default `dns.lookup` */
  lookup?: LookupFunction | undefined;
  timeoutMs: number;
  /** Certificate authorities, in place of the system's. */
  ca?: ConnectionOptions['ca'];
}

type LookupCallback = Parameters<LookupFunction>[2];

/**
 * Opens connections to public addresses only: every address that a name resolves to is checked, the
 * connection goes to one of those, and the socket's own address is checked again before a request
 * is written to it.
 *
 * Literal addresses never reach a look-up: check them before (`AddressGate.deniesHost`).
 */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { gate, timeoutMs, ca } = options;
  const lookup = gateLookup(gate, options.lookup ?? systemLookup);
  const connect = buildConnector({ lookup, timeout: timeoutMs, allowH2: false, ...(ca === undefined ? {} : { ca }) });
  return (target, callback) => {
    connect(target, (...[error, socket]) => {
      if (error) return callback(error, null);
      const address = socket.remoteAddress ?? '';
      if (!gate.denies(address)) {
        watchHeads(socket);
        return callback(null, socket);
      }
      socket.destroy();
      return callback(new DeniedAddressError(target.hostname, address), null);
    });
  };
}

/**
 * A look-up that fails when any of the answers is denied: a name with both kinds of address is up
 * to no good.
 */
export function gateLookup(gate: AddressGate, lookup: LookupFunction): LookupFunction {
  return (hostname: string, options: LookupOptions, callback: LookupCallback) => {
    const finish = (error: NodeJS.ErrnoException | null, answer?: string | LookupAddress[], family?: number): void => {
      if (error) return callback(error, '');
      const addresses = typeof answer === 'string' ? [{ address: answer, family: family ?? 4 }] : (answer ?? []);
      const denied = addresses.find(({ address }) => gate.denies(address));
      if (denied) return callback(new DeniedAddressError(hostname, denied.address), '');
      const [first] = addresses;
      if (!first) return callback(new Error('The name has no address'), '');
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    };
    lookup(hostname, { ...options, all: true }, finish);
  };
}
