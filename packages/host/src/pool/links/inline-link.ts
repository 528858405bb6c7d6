import {
  IdMap,
  MemoryBudget,
  type EngineModule,
  type ExtensionWire,
  type OutcomeWire,
  type SettlementWire,
  type SnapshotWire,
} from '@sandglass/core';
import { createEngine, garbageCollector } from '@sandglass/worker';
import type { Engine } from '@sandglass/worker';

import type { CallBatch, LaneLink, LaneEvents, StartLane } from './lane-link.js';

/**
 * Time between two collections of the calling thread, whose heap is the application's: each may
 * take tens of milliseconds.
 */
const COLLECT_EVERY_MS = 2_000;

export interface InlineLanesOptions {
  /** The compiled engine. @default compiled when the lane starts */
  wasm?: EngineModule;
  /** The pool's memory; its engine has the first slot. @default without a limit */
  memory?: MemoryBudget;
  /** For tests. @default the engine of `@sandglass/worker` */
  createEngine?: typeof createEngine;
}

/**
 * Makes the lane of `pool: 'inline'`: the engine on the calling thread.
 *
 * The engine ends guest code by itself when a limit is passed, natives included. What no watchdog
 * can do here is end a thread that hangs in the engine's own code.
 */
export function inlineLane(options: InlineLanesOptions = {}): StartLane {
  return (events) => new InlineLink(events, options);
}

/** A class, not a literal: see `LinkedList` in core. */
class OpenBatch {
  readonly id: number;
  /** Calls that are not over. */
  left: number;

  constructor({ id, calls }: CallBatch) {
    this.id = id;
    this.left = calls.length;
  }
}

class InlineLink implements LaneLink {
  readonly slots: undefined;
  readonly #events: LaneEvents;
  readonly #memory: MemoryBudget;
  #engine: Engine | undefined;
  #isOver = false;
  /** The open batch of each call. */
  readonly #open: IdMap<OpenBatch> = new IdMap();

  constructor(events: LaneEvents, options: InlineLanesOptions) {
    this.#events = events;
    this.#memory = options.memory ?? MemoryBudget.create(1);
    void this.#start(options);
  }

  async #start({ wasm, createEngine: create = createEngine }: InlineLanesOptions): Promise<void> {
    try {
      const engine = await create({
        ...(wasm && { wasm }),
        memory: { budget: this.#memory, lane: 0 },
        collect: garbageCollector(COLLECT_EVERY_MS),
        onOutcomes: (outcomes) => this.#finish(outcomes),
        onCapabilities: (calls) => {
          if (!this.#isOver) this.#events.capabilities(calls);
        },
      });
      if (this.#isOver) return engine.close();
      this.#engine = engine;
      this.#events.ready();
    } catch (error) {
      this.#lose(error);
    }
  }

  batch(batch: CallBatch): void {
    const { install, calls } = batch;
    const open = new OpenBatch(batch);
    for (const { callId } of calls) this.#open.set(callId, open);
    this.#later((engine) => {
      for (const each of install) engine.install(each);
      this.#finish(calls.flatMap((call) => engine.run(call) ?? []));
      if (!this.#isOver) this.#events.entered();
    });
  }

  load(extension: ExtensionWire, snapshot: SnapshotWire | undefined): void {
    this.#later((engine) => {
      engine.load(extension, snapshot).then(
        (reply) => {
          if (!this.#isOver) this.#events.loadDone(extension.id, reply);
        },
        (error: unknown) => this.#lose(error),
      );
    });
  }

  settle(settlements: SettlementWire[]): void {
    this.#later((engine) => engine.settle(settlements));
  }

  abort(callIds: number[]): void {
    this.#later((engine) => {
      engine.abort(callIds);
      this.#close(callIds);
    });
  }

  forget(extensionId: number): void {
    this.#later((engine) => engine.forget(extensionId));
  }

  get memoryBytes(): number {
    return this.#memory.bytesOf(0);
  }

  trim(): void {
    this.#later((engine) => void engine.trim());
  }

  shed(bytes: number): void {
    this.#later((engine) => {
      engine.shed(bytes);
      void engine.trim();
    });
  }

  requestStats(): void {
    if (this.#engine) this.#events.stats(this.#engine.stats());
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#engine?.close();
    this.#memory.clear(0);
  }

  /**
   * Guests run in a turn of their own, so that a busy pool leaves this thread's other work its
   * share.
   */
  #later(action: (engine: Engine) => void): void {
    setImmediate(() => {
      if (this.#isOver || !this.#engine) return;
      try {
        action(this.#engine);
      } catch (error) {
        this.#lose(error);
      }
    });
  }

  #finish(outcomes: OutcomeWire[]): void {
    if (this.#isOver) return;
    this.#events.outcomes(outcomes);
    this.#close(outcomes.filter(({ goesOn }) => goesOn !== true).map(({ callId }) => callId));
  }

  /** Ends the batches that waited only for these calls. */
  #close(callIds: number[]): void {
    for (const callId of callIds) {
      const batch = this.#open.get(callId);
      if (!batch) continue;
      this.#open.delete(callId);
      batch.left -= 1;
      if (batch.left === 0) this.#events.batchDone(batch.id, []);
    }
  }

  #lose(error: unknown): void {
    if (this.#isOver) return;
    this.terminate();
    this.#events.lost(error instanceof Error ? error : new Error(String(error)));
  }
}
