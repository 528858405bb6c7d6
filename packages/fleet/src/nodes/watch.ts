import type { KV, KvEntry } from '@nats-io/kv';

import { entriesOf } from '../connection/buckets.js';
import { ask, type Transport } from '../connection/transport.js';
import { VirtualClock } from '@sandglass/host/fleet';
import { type NodeReport, readReport } from './report.js';

interface Seen {
  report: NodeReport;
  /** By the clock of the watch. */
  atMs: number;
}

/**
 * What one look at the nodes adds to their silence at most: while this process is held up, it hears
 * of nobody.
 */
const MAX_STEP_MS = 500;

/** The nodes that live, by their reports. */
export class NodeWatch implements Disposable {
  readonly #seen = new Map<string, Seen>();
  readonly #listeners = new Set<() => void>();
  readonly #clock = new VirtualClock(MAX_STEP_MS);
  #watcher: { stop(): void } | undefined;

  /** @throws {SandglassError} `E_FLEET` or `E_FLEET_DENIED`. */
  static async open(transport: Transport, nodes: KV): Promise<NodeWatch> {
    return ask('Cannot look for the nodes of the fleet', async () => {
      const watch = new NodeWatch();
      for (const found of await entriesOf(transport, nodes)) watch.#take(found);
      await watch.#follow(nodes);
      return watch;
    });
  }

  /** The nodes whose last report is younger than its `aliveForMs`. */
  get live(): NodeReport[] {
    const nowMs = this.#clock.tick();
    return [...this.#seen.values()]
      .filter(({ report, atMs }) => nowMs - atMs < report.aliveForMs)
      .map(({ report }) => report)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Calls back on each report. */
  onReport(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#watcher?.stop();
  }

  async #follow(nodes: KV): Promise<void> {
    const watcher = await nodes.watch({ include: 'updates' });
    this.#watcher = watcher;
    void (async () => {
      for await (const change of watcher) this.#take(change);
    })();
  }

  #take({ key, operation, value }: Pick<KvEntry, 'key' | 'operation' | 'value'>): void {
    const report = operation === 'PUT' ? readReport(value) : undefined;
    if (report?.name === key) this.#seen.set(key, { report, atMs: this.#clock.tick() });
    else this.#seen.delete(key);
    for (const listener of this.#listeners) listener();
  }
}
