import { hostname } from 'node:os';

import {
  checkOptions,
  count,
  custom,
  type Fields,
  type FleetCredentials,
  type FleetOptions,
  type FleetTls,
  maybe,
  named,
  object,
  text,
  withDefault,
} from '@sandglass/host/fleet';
import * as z from 'zod/mini';

/** {@link FleetOptions} with what was left out filled in. */
export interface CompleteFleetOptions extends FleetOptions {
  servers: readonly string[];
  name: string;
  prefix: string;
  maxWork: number;
  timeoutMs: number;
}

/** What subjects and names of buckets may be made of. */
const NAME = /^[\w-]{1,64}$/;
const name = custom<string>(
  (value) => typeof value === 'string' && NAME.test(value),
  '1 to 64 letters, digits, "-" or "_"',
);

const server = custom<string>(isServer, 'nats://host:port or tls://host:port');
const tlsFields: Fields<FleetTls> = { caFile: maybe(text), certFile: maybe(text), keyFile: maybe(text) };

const credentials = named(
  z.union([
    object<{ user: string; password: string }>({ user: text, password: text }),
    object<{ token: string }>({ token: text }),
    object<{ nkeyFile: string }>({ nkeyFile: text }),
    object<{ credsFile: string }>({ credsFile: text }),
  ]),
  '{ user, password }, { token }, { nkeyFile } or { credsFile }',
) as z.ZodMiniType<FleetCredentials>;

const schema = object<Omit<CompleteFleetOptions, 'servers'> & Pick<FleetOptions, 'servers'>>({
  servers: named(
    z.union([server, z.array(server).check(z.minLength(1))]),
    'nats://host:port or tls://host:port, one or a list',
  ),
  credentials: maybe(credentials),
  tls: maybe(object(tlsFields)),
  name: withDefault(name, ''),
  prefix: withDefault(name, 'sandglass'),
  maxWork: withDefault(count(0, 10_000), 32),
  timeoutMs: withDefault(count(100, 60_000), 5_000),
});

/**
 * Checks what `connectFleet` takes, and fills in the defaults.
 *
 * @throws {TypeError} naming the option, its value and what is allowed; never a password.
 */
export function checkFleetOptions(given: FleetOptions): CompleteFleetOptions {
  const { servers, name, ...rest } = checkOptions('options of the fleet', schema, given);
  return { ...rest, servers: [servers].flat(), name: name || nodeName() };
}

/** A URL with a name or address and nothing behind it; without a scheme it is `nats:`. */
function isServer(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const given = value.includes('://') ? value : `nats://${value}`;
  if (!URL.canParse(given)) return false;
  const { protocol, hostname, pathname, search, username } = new URL(given);
  const isBare = /^\/?$/.test(pathname) && search === '' && username === '';
  return /^(nats|tls):$/.test(protocol) && hostname !== '' && isBare;
}

function nodeName(): string {
  const machine = hostname()
    .replaceAll(/[^\w-]/g, '-')
    .slice(0, 48);
  return `${machine}-${crypto.randomUUID().slice(0, 8)}`;
}
