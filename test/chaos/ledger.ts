import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { isSandglassError } from '@sandglass/core';

/**
 * What an outsider sees of the calls: who was promised an answer, who got one, and what reached the
 * world.
 *
 * A request's path is its call's id. Below `/cut`, the response breaks off; below `/held`, none
 * comes.
 */
export class Ledger implements AsyncDisposable {
  readonly #server: Server;
  /** Requests that arrived, by call. */
  readonly #effects: Map<number, number> = new Map();
  readonly #settled: Map<number, string> = new Map();
  #accepted = 0;

  static async open(): Promise<Ledger> {
    const ledger = new Ledger();
    await new Promise<void>((resolve) => ledger.#server.listen(0, '127.0.0.1', resolve));
    return ledger;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      const [id, isCut] = [Number(/\d+$/.exec(request.url ?? '')?.[0]), request.url?.startsWith('/cut/')];
      this.#effects.set(id, (this.#effects.get(id) ?? 0) + 1);
      if (isCut) cut(response);
      else if (request.url?.startsWith('/held/')) return; // until the end
      else setImmediate(() => response.end('"done"'));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Requests that have arrived. */
  get arrived(): number {
    let arrived = 0;
    for (const count of this.#effects.values()) arrived += count;
    return arrived;
  }

  /** Makes a call under the next id, and books how it settles. Never rejects. */
  async book(call: (id: number) => Promise<unknown>): Promise<string> {
    const id = ++this.#accepted;
    const how = await call(id).then(
      () => 'ok',
      (error: unknown) => (isSandglassError(error) ? error.code : String(error)),
    );
    this.#settled.set(id, how);
    return how;
  }

  /** How many calls settled in each way. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const how of this.#settled.values()) counts[how] = (counts[how] ?? 0) + 1;
    return counts;
  }

  /** What must never be: calls lost or without a typed error, effects doubled. */
  get problems(): string[] {
    return [
      ...(this.#settled.size === this.#accepted ? [] : [`${this.#accepted - this.#settled.size} calls are lost`]),
      ...[...this.#effects].filter(([, count]) => count > 1).map(([id]) => `call ${id} had its effect twice`),
      ...Object.keys(this.counts)
        .filter((how) => how !== 'ok' && !/^E_[A-Z_]+$/.test(how))
        .map((how) => `untyped: ${how}`),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Dies in the middle of a response: after its head and a part of its body. */
function cut(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 100 });
  response.write('"do', () => response.destroy());
}
