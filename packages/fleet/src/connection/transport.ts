import { readFile } from 'node:fs/promises';

import { JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { isSandglassError, SandglassError } from '@sandglass/core';
import type { FleetCredentials } from '@sandglass/host/fleet';
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  errors,
  type Msg,
  type NatsConnection,
  nkeyAuthenticator,
  type NodeConnectionOptions,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';

import type { CompleteFleetOptions } from './options.js';
import { tlsOf } from './tls.js';

/** Pause between two attempts to connect again; the client adds a little at random. */
const RECONNECT_AFTER_MS = 500;

/** The connection of one node. Only this file opens one and translates its errors. */
export interface Transport extends AsyncDisposable {
  readonly connection: NatsConnection;
  /** What the names of subjects, streams and buckets begin with. */
  readonly prefix: string;
  readonly timeoutMs: number;
  /** The most that one message may hold, headers included. */
  readonly maxPayloadBytes: number;
  /** False between the loss of a server and the next one that answers. */
  readonly isConnected: boolean;
  /** Calls back when the server is lost (false), and when one answers again (true). */
  onChange(listener: (isConnected: boolean) => void): Disposable;
  /** Listens to a subject, until disposed of. */
  subscribe(subject: string, listener: (message: Msg) => void): Disposable;
  streams(): Promise<JetStreamManager>;
  /** Sends what the client still holds, if a server is connected, and closes the connection. */
  close(): Promise<void>;
}

/**
 * Connects to one of the fleet's servers. The client reconnects until `close`, and subscriptions go
 * on then; what is published without a connection is lost.
 *
 * @throws {SandglassError} `E_FLEET` if none answers in time, `E_FLEET_DENIED` if one refuses the
 *   credentials, `E_NOT_FOUND` for a file that cannot be read.
 */
export async function openTransport(options: CompleteFleetOptions): Promise<Transport> {
  const { servers, credentials, name, timeoutMs } = options;
  const tls = await tlsOf(options);
  const given: NodeConnectionOptions = {
    servers: [...servers],
    name,
    timeout: timeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_AFTER_MS,
    // a refused password ends no node: the server's passwords may be about to change
    ignoreAuthErrorAbort: true,
    ...(credentials && { authenticator: await authenticate(credentials) }),
    ...(tls && { tls }),
  };
  const connection = await ask(`Cannot reach the fleet at ${servers.join(', ')}`, () => connect(given));
  return new NatsTransport(connection, options);
}

class NatsTransport implements Transport {
  readonly connection: NatsConnection;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly #listeners = new Set<(isConnected: boolean) => void>();
  #isConnected = true;
  #streams: Promise<JetStreamManager> | undefined;

  constructor(connection: NatsConnection, { prefix, timeoutMs }: CompleteFleetOptions) {
    this.connection = connection;
    this.prefix = prefix;
    this.timeoutMs = timeoutMs;
    void this.#follow();
  }

  get maxPayloadBytes(): number {
    return this.connection.info?.max_payload ?? 0;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  onChange(listener: (isConnected: boolean) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  subscribe(subject: string, listener: (message: Msg) => void): Disposable {
    const subscription = this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (!error) listener(message);
      },
    });
    return {
      [Symbol.dispose]: () => {
        if (!this.connection.isClosed()) subscription.unsubscribe();
      },
    };
  }

  streams(): Promise<JetStreamManager> {
    this.#streams ??= jetstreamManager(this.connection, { timeout: this.timeoutMs, checkAPI: false });
    return this.#streams;
  }

  async close(): Promise<void> {
    if (this.connection.isClosed()) return;
    if (this.#isConnected) await this.connection.flush().catch(() => {}); // lost meanwhile
    await this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') this.#set(false);
      else if (type === 'reconnect') this.#set(true);
    }
    this.#set(false);
  }

  #set(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    for (const listener of this.#listeners) listener(isConnected);
  }
}

/**
 * Translates an error of the transport into a code of this project.
 *
 * @param what could not be done, for example `Cannot read the catalogue`.
 */
export function toFleetError(error: unknown, what: string): SandglassError {
  if (isSandglassError(error)) return error;
  const { code, reason } = explain(error);
  return new SandglassError(code, `${what}: ${reason}`, { cause: error });
}

/**
 * Runs a request to the server, and translates its errors.
 *
 * @param what could not be done: see {@link toFleetError}.
 * @throws {SandglassError} `E_FLEET`, `E_FLEET_DENIED` or `E_FLEET_CONFLICT`.
 */
export async function ask<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toFleetError(error, what);
  }
}

/** JetStream's error codes for a sequence, or a key, that is not the expected one. */
const CONFLICTS = new Set([10_071, 10_164]);

function explain(error: unknown): { code: 'E_FLEET' | 'E_FLEET_DENIED' | 'E_FLEET_CONFLICT'; reason: string } {
  const root = rootOf(error);
  if (root instanceof JetStreamApiError && CONFLICTS.has(root.code))
    return { code: 'E_FLEET_CONFLICT', reason: 'somebody else changed it meanwhile' };
  if (root instanceof errors.AuthorizationError || root instanceof errors.UserAuthenticationExpiredError)
    return { code: 'E_FLEET_DENIED', reason: 'the server refuses the credentials' };
  if (root instanceof errors.PermissionViolationError)
    return { code: 'E_FLEET_DENIED', reason: `the server does not allow ${root.operation} to "${root.subject}"` };
  if (root instanceof errors.NoRespondersError)
    return { code: 'E_FLEET', reason: 'nobody answers: is JetStream switched on in the server?' };
  if (root instanceof errors.TimeoutError) return { code: 'E_FLEET', reason: 'no answer in time' };
  // the client's own words are the same for each of several servers
  const told = error instanceof errors.ConnectionError ? error : root;
  return { code: 'E_FLEET', reason: told instanceof Error ? told.message : String(told) };
}

/** The innermost cause: the client wraps errors, sometimes twice. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error;
}

async function authenticate(credentials: FleetCredentials): Promise<Authenticator> {
  if ('token' in credentials) return tokenAuthenticator(credentials.token);
  if ('user' in credentials) return usernamePasswordAuthenticator(credentials.user, credentials.password);
  if ('nkeyFile' in credentials) return nkeyAuthenticator(trimmed(await readSecret(credentials.nkeyFile)));
  return credsAuthenticator(await readSecret(credentials.credsFile));
}

async function readSecret(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new SandglassError('E_NOT_FOUND', `Cannot read the credentials of the fleet in "${file}"`, { cause });
  });
}

function trimmed(seed: Buffer): Uint8Array {
  return Buffer.from(seed.toString().trim());
}
