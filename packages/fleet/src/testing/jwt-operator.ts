import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { encodeAccount, encodeOperator, encodeUser, fmtCreds, type User } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';

const UNLIMITED = { data: -1, payload: -1, subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true };
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1, max_ack_pending: -1 };

/** An operator of NATS with one account, as `nsc` makes them: a server knows it, and no user. */
export class JwtOperator {
  /** For the server: `-c`. */
  readonly configFile: string;
  readonly #folder: string;
  readonly #account: KeyPair;

  private constructor(folder: string, account: KeyPair, configFile: string) {
    this.#folder = folder;
    this.#account = account;
    this.configFile = configFile;
  }

  /** @param folder that it writes into. */
  static async create(folder: string): Promise<JwtOperator> {
    const [operator, system, account] = [createOperator(), createAccount(), createAccount()];
    const options = { signer: operator };
    const [systemKey, accountKey] = [system.getPublicKey(), account.getPublicKey()];
    const configFile = join(folder, `${accountKey}.conf`);
    const lines = [
      `operator: ${await encodeOperator('fleet', operator, { system_account: systemKey })}`,
      `system_account: ${systemKey}`,
      'resolver: MEMORY',
      'resolver_preload: {',
      `  ${systemKey}: ${await encodeAccount('SYS', system, { limits: UNLIMITED }, options)}`,
      `  ${accountKey}: ${await encodeAccount('fleet', account, { limits: { ...UNLIMITED, ...JETSTREAM } }, options)}`,
      '}',
    ];
    writeFileSync(configFile, lines.join('\n'));
    return new JwtOperator(folder, account, configFile);
  }

  /** The path of a `.creds` file. @param exp seconds since 1970, when it ends */
  async credsFile(name: string, user: Partial<User> = {}, exp?: number): Promise<string> {
    const keys = createUser();
    const jwt = await encodeUser(name, keys, this.#account, user, exp === undefined ? {} : { exp });
    const file = join(this.#folder, `${name}.creds`);
    writeFileSync(file, fmtCreds(jwt, keys));
    return file;
  }
}
