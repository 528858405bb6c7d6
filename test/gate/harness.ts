import { type Server, type Socket, createServer } from 'node:net';
import { type LookupFunction } from 'node:net';

import { JsonData } from '@sandglass/core';

import { type Capabilities, CapabilityError, createCapabilities } from '../../packages/host/src/capabilities/index.js';
import { CallEnd } from '../../packages/host/src/time/call-end.js';
import type { AuditEntry, LogEntry, RequestOptions } from '../../packages/host/src/types.js';

/** A server that counts its connections. Loopback, its own port. */
export interface CountingServer extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Heads and bodies received, one string per connection. */
  readonly received: readonly string[];
}

/** Starts a server that hands each connection to a script once the head of a request is there. */
export async function startServer(
  script: (socket: Socket, head: string, connection: number) => void,
  wrap: (listener: (socket: Socket) => void) => Server = createServer,
): Promise<CountingServer> {
  const sockets = new Set<Socket>();
  const received: string[] = [];
  const server: Server = wrap((socket) => {
    const index = received.push('') - 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    socket.setEncoding('latin1').on('data', (text: string) => {
      const before = received[index] ?? '';
      received[index] = before + text;
      // A script runs once per request: when its head ends.
      for (
        let at = (before + text).indexOf('\r\n\r\n', Math.max(0, before.length - 3));
        at >= 0;
        at = (before + text).indexOf('\r\n\r\n', at + 4)
      ) {
        script(socket, (before + text).slice(0, at), index);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    get connections() {
      return received.length;
    },
    get open() {
      return sockets.size;
    },
    received,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer as it goes over the wire, with its length. */
export function answer(status: string, headers: Record<string, string> = {}, body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ 'content-length': String(bytes.length), ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`, 'latin1'), bytes]);
}

/** A resolver that knows every name, and answers 127.0.0.1 unless told otherwise. */
export function lookupTable(table: Record<string, string | (() => string)> = {}): LookupFunction & { asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    asked.push(hostname);
    const entry = table[hostname] ?? '127.0.0.1';
    const address = typeof entry === 'string' ? entry : entry();
    const family = address.includes(':') ? 6 : 4;
    setImmediate(() => (options.all ? callback(null, [{ address, family }]) : callback(null, address, family)));
  };
  return Object.assign(lookup, { asked });
}

/** How a capability call ended. */
export type Outcome = { ok: true; value: unknown } | { ok: false; error: CapabilityError };

export interface Guest extends AsyncDisposable {
  capabilities: Capabilities;
  audits: AuditEntry[];
  logs: LogEntry[];
  /** Ends the call. */
  ending: CallEnd;
  call(name: string, ...args: unknown[]): Promise<Outcome>;
  request(url: unknown, options?: unknown): Promise<Outcome>;
}

export interface GuestOptions {
  extension?: string;
  scopes: Record<string, unknown>;
  request?: RequestOptions;
  capabilities?: Capabilities;
  remainingTimeMs?: number;
}

/** One call of an extension with these scopes. Loopback is open, names resolve to it. */
export function createGuest(options: GuestOptions): Guest {
  const audits: AuditEntry[] = [];
  const logs: LogEntry[] = [];
  const request: RequestOptions = { lookup: lookupTable(), allowAddresses: ['127.0.0.1'], ...options.request };
  const capabilities =
    options.capabilities ??
    createCapabilities({
      request,
      onAudit: (entry) => void audits.push(entry),
      onLog: (entry) => void logs.push(entry),
    });
  const grant = capabilities.prepare({ name: options.extension ?? 'guest', version: '1.0.0' }, options.scopes);
  const ending = new CallEnd();
  const call = { id: 7, remainingTimeMs: () => options.remainingTimeMs ?? 30_000 };
  const invoke = (name: string, ...args: unknown[]): Promise<Outcome> =>
    capabilities.invoke(grant, name, args, { call, ending }).then(
      (value) => ({ ok: true, value }),
      (error: unknown) => {
        if (error instanceof CapabilityError) return { ok: false, error };
        throw error;
      },
    );
  return {
    capabilities,
    audits,
    logs,
    ending,
    call: invoke,
    request: (...args) => invoke('request', ...args),
    [Symbol.asyncDispose]: () => capabilities.close(),
  };
}

/** The error of a call that must have failed, as the guest gets it. */
export function failure(outcome: Outcome): CapabilityError['wire'] {
  if (outcome.ok) throw new Error(`The call succeeded with ${JSON.stringify(outcome.value).slice(0, 200)}`);
  return outcome.error.wire;
}

/** The value of a call that must have succeeded. */
export function success<T>(outcome: Outcome): T {
  if (!outcome.ok) throw outcome.error;
  const { value } = outcome;
  return (value instanceof JsonData ? { ...value.value, data: parseData(value.value.data as string) } : value) as T;
}

/** What a guest makes of an answer's data. */
function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a request resolves to in a guest. */
export interface RequestResponse {
  status: number;
  statusText: string;
  headers: Record<string, string | string[]>;
  data: unknown;
}
