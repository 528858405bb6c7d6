import { setTimeout } from 'node:timers/promises';

import type { KV } from '@nats-io/kv';

import type { Transport } from '../connection/transport.js';
import { BEAT_MS, type NodeReport } from './report.js';

/** How long `stop` waits for the server. */
const LEFT_WITHIN_MS = 500;

/** Reports the state of a node, once a second and when it changes. */
export class Reporter {
  readonly #transport: Transport;
  readonly #nodes: KV;
  readonly #describe: () => NodeReport;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> | undefined;
  #isStale = false;
  #stopped: Promise<void> | undefined;

  /** @param describe asked for each report. */
  constructor(transport: Transport, nodes: KV, describe: () => NodeReport) {
    this.#transport = transport;
    this.#nodes = nodes;
    this.#describe = describe;
    this.#timer = setInterval(() => void this.tell(), BEAT_MS).unref();
  }

  /** Reports now, or right after the report that is under way. Never rejects. */
  async tell(): Promise<void> {
    this.#isStale = true;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#isStale && !this.#stopped && this.#transport.isConnected) {
      this.#isStale = false;
      const report = this.#describe();
      // a server that is away gets the next report
      await this.#nodes.put(report.name, JSON.stringify(report)).catch(() => {});
    }
  }

  /** Takes the node off the list, if a server is connected. */
  stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped ??= this.#transport.isConnected ? this.#leave() : Promise.resolve();
    return this.#stopped;
  }

  async #leave(): Promise<void> {
    const { name } = this.#describe();
    const left = this.#nodes.purge(name).catch(() => {}); // the server forgets it after a while
    await Promise.race([left, setTimeout(LEFT_WITHIN_MS, undefined, { ref: false })]);
  }
}
