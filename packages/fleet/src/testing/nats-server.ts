import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { isInstalled, PATH } from './is-installed.js';

const PROGRAM = process.env['NATS_SERVER'] ?? 'nats-server';

/** Arguments behind those that every server of a test gets. */
export interface NatsServerOptions {
  /** @default a free one */
  port?: number;
  args?: readonly string[];
  /** Of JetStream. @default a folder of its own, deleted by `stop` */
  store?: string;
}

/** A server with JetStream on loopback, of one test. */
export interface NatsServer extends AsyncDisposable {
  readonly port: number;
  /** `nats://127.0.0.1:<port>` */
  readonly url: string;
  readonly pid: number;
  /** Ends it at once, as a power cut would; its store stays. */
  kill(): Promise<void>;
  /** Starts it again, with its port and store. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** See {@link isInstalled}. */
export function hasNatsServer(): boolean {
  return isInstalled(PROGRAM);
}

/** Starts a server, ready when it resolves. It does not outlive this process. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const store = options.store ?? mkdtempSync(join(tmpdir(), 'sandglass-nats-'));
  const args = ['-a', '127.0.0.1', '-js', '-sd', store, ...(options.args ?? [])];
  const server = new LoopbackServer(args, options.port ?? -1, options.store === undefined ? store : undefined);
  await server.start();
  return server;
}

class LoopbackServer implements NatsServer {
  readonly #args: readonly string[];
  readonly #ownStore: string | undefined;
  readonly #onExit = (): void => void this.#process?.kill('SIGKILL');
  #process: ChildProcess | undefined;
  port: number;

  constructor(args: readonly string[], port: number, ownStore: string | undefined) {
    this.#args = args;
    this.port = port;
    this.#ownStore = ownStore;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async start(): Promise<void> {
    const child = spawn(PROGRAM, [...this.#args, '-p', String(this.port)], {
      env: { PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    process.once('exit', this.#onExit);
    const lines = [];
    for await (const line of createInterface(child.stderr)) {
      lines.push(line);
      const [, port] = /Listening for client connections on .*:(\d+)/.exec(line) ?? [];
      if (port !== undefined) this.port = Number(port);
      if (line.includes('Server is ready')) {
        child.stderr.resume(); // what it says later is for nobody
        return;
      }
    }
    throw new Error(`nats-server did not start:\n${lines.join('\n')}`);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    process.off('exit', this.#onExit);
  }

  async stop(): Promise<void> {
    await this.kill();
    if (this.#ownStore !== undefined) rmSync(this.#ownStore, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
