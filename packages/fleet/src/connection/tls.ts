import { access, constants } from 'node:fs/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

import { SandglassError } from '@sandglass/core';
import type { TlsOptions } from '@nats-io/transport-node';

import type { CompleteFleetOptions } from './options.js';

/**
 * How the client encrypts. Undefined if nothing asks for it: a server may, all the same.
 *
 * @throws {SandglassError} `E_NOT_FOUND` for a file that cannot be read.
 */
export async function tlsOf(options: Pick<CompleteFleetOptions, 'servers' | 'tls'>): Promise<TlsOptions | undefined> {
  const { servers, tls } = options;
  if (!tls && !servers.some((server) => server.startsWith('tls:'))) return undefined;
  // without the keys that are undefined, which the client takes for files
  const files = Object.entries(tls ?? {}).filter(([, file]) => file !== undefined);
  for (const [, file] of files) await assertReadable(file);
  const hosts = servers.map(hostOf);
  const identify = (host: string, certificate: PeerCertificate): Error | undefined =>
    identifyServer(hosts, host, certificate);
  // the client gives it on to `tls.connect`
  return { ...Object.fromEntries(files), checkServerIdentity: identify } as TlsOptions;
}

/**
 * The client does not say which address it has connected to, and Node then takes it for
 * "localhost": a certificate has to be for one of the addresses that were given.
 */
function identifyServer(hosts: readonly string[], host: string, certificate: PeerCertificate): Error | undefined {
  const addresses = host === 'localhost' ? hosts.filter((given) => isIP(given) !== 0) : [];
  const names = addresses.length > 0 && !hosts.includes(host) ? addresses : [...addresses, host];
  const failures = names.map((name) => checkServerIdentity(name, certificate));
  return failures.includes(undefined) ? undefined : failures[0];
}

function hostOf(server: string): string {
  const { hostname } = new URL(server.includes('://') ? server : `nats://${server}`);
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

async function assertReadable(file: string): Promise<void> {
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw new SandglassError('E_NOT_FOUND', `Cannot read the file "${file}" for TLS with the fleet`, { cause });
  });
}
