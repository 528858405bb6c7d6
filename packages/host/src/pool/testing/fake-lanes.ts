import { encodeValue } from '@sandglass/core';
import type {
  CapabilityCallWire,
  ExtensionWire,
  LoadedWire,
  OutcomeWire,
  SettlementWire,
  SnapshotWire,
} from '@sandglass/core';
import { DEFAULT_LIMITS, SLOT } from '@sandglass/core';
import type { Limits } from '@sandglass/core';

import { LanePool, type LanePoolOptions } from '../pool.js';
import type { CallBatch, LaneLink, LaneEvents, StartLane } from '../links/lane-link.js';

export interface SentBatch extends CallBatch {
  done: (outcomes: unknown) => void;
}

/** A lane whose engine is the test. */
export class FakeLane implements LaneLink {
  readonly slots: Int32Array = new Int32Array(new SharedArrayBuffer(SLOT.length * 4));
  readonly events: LaneEvents;
  readonly batches: SentBatch[] = [];
  readonly loads: { extension: ExtensionWire; snapshot: SnapshotWire | undefined; done: (reply: unknown) => void }[] =
    [];
  readonly settlements: SettlementWire[] = [];
  readonly aborted: number[] = [];
  readonly forgotten: number[] = [];
  isTerminated = false;
  /** Whether its engine answers nothing any more. */
  isHanging = false;

  constructor(events: LaneEvents) {
    this.events = events;
  }

  batch(batch: CallBatch): void {
    this.batches.push({ ...batch, done: (outcomes) => this.events.batchDone(batch.id, outcomes) });
  }
  load(extension: ExtensionWire, snapshot: SnapshotWire | undefined): void {
    this.loads.push({ extension, snapshot, done: (reply) => this.events.loadDone(extension.id, reply) });
  }
  settle(settlements: SettlementWire[]): void {
    this.settlements.push(...settlements);
  }
  abort(callIds: number[]): void {
    this.aborted.push(...callIds);
  }
  forget(extensionId: number): void {
    this.forgotten.push(extensionId);
  }
  memoryBytes = 0;
  trims = 0;
  readonly shedBytes: number[] = [];
  trim(): void {
    this.trims += 1;
  }
  shed(bytes: number): void {
    this.shedBytes.push(bytes);
  }
  requestStats(): void {
    if (!this.isHanging) this.events.stats({});
  }
  terminate(): void {
    this.isTerminated = true;
  }

  /** Ids of calls that were sent, oldest first. */
  get callIds(): number[] {
    return this.batches.flatMap(({ calls }) => calls.map(({ callId }) => callId));
  }

  /** Enters a call, as the slots show it. */
  enter(callId: number): void {
    this.slots[SLOT.callId] = callId;
    this.slots[SLOT.slice] = (this.slots[SLOT.slice] ?? 0) + 1;
  }

  /** Says that it has begun so many of the calls that it was sent. */
  begin(count: number): void {
    this.slots[SLOT.begun] = count;
  }

  /** Leaves the sandbox. */
  leave(): void {
    this.slots[SLOT.callId] = 0;
  }

  /** Ends every batch, each call with its own id as the result. */
  finishAll(): void {
    for (const { calls, done } of this.batches.splice(0)) done(calls.map(({ callId }) => succeeded(callId)));
  }

  /** Answers a call that goes on: `finishAll` ends what it left. */
  answer(callId: number): void {
    this.events.outcomes([{ ...succeeded(callId), goesOn: true }]);
  }

  /** Reports a capability call. */
  ask(call: Partial<CapabilityCallWire> & { callId: number }): void {
    this.events.capabilities([{ seq: 1, name: 'request', args: [], ...call }]);
  }
}

/** An outcome whose value is the call's id. */
export function succeeded(callId: number, value: unknown = callId): OutcomeWire {
  return { callId, ok: true, value: encodeValue(value), usage: { cpuTimeMs: 0.002, heapBytes: 0 } };
}

export function failed(callId: number): OutcomeWire {
  return { callId, ok: false, error: { code: 'E_GUEST', message: 'no' }, usage: { cpuTimeMs: 0.01, heapBytes: 0 } };
}

export function extensionWire(
  id: number,
  limits: Partial<Limits> = {},
  isolation: 'pristine' | 'persistent' = 'pristine',
): ExtensionWire {
  return {
    id,
    name: `extension-${id}`,
    type: 'operation',
    filename: 'index.js',
    source: '',
    isolation,
    limits: { ...DEFAULT_LIMITS, ...limits },
    capabilities: [
      { name: 'log', module: 'directus:api', granted: true, parameters: 1, sync: [] },
      { name: 'request', module: 'directus:api', granted: true, parameters: 2 },
      { name: 'sleep', module: 'directus:api', granted: true, parameters: 1 },
    ],
    nodeEnv: 'production',
  };
}

export const LOADED: LoadedWire = {
  registrations: [{ type: 'operation', id: 'run', handler: 0 }],
  snapshot: { key: 'key', bytes: new ArrayBuffer(8) },
  heapBytes: 1,
};

/** A pool over fake lanes, on a clock that stands still until it is told. */
export class TestPool {
  readonly lanes: FakeLane[] = [];
  readonly core: LanePool;
  /** The real clock, as the pool sees it. */
  realMs = 0;
  /** Whether lanes come up by themselves. */
  autoReady = true;

  constructor(options: Partial<LanePoolOptions> = {}) {
    const startLane: StartLane = (events) => {
      const lane = new FakeLane(events);
      this.lanes.push(lane);
      if (this.autoReady) queueMicrotask(() => events.ready());
      return lane;
    };
    this.core = new LanePool({
      startLane,
      maxThreads: 2,
      onCapability: () => Promise.resolve('answer'),
      isEffect: (name) => name === 'request',
      realNowMs: () => this.realMs,
      ...options,
    });
  }

  lane(index: number): FakeLane {
    const lane = this.lanes[index];
    if (!lane) throw new Error(`No lane ${index}`);
    return lane;
  }

  /** Lets promise jobs and flushes run their course. */
  async settle(): Promise<void> {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets time pass in steps that the watchdog takes in full. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 10) {
      this.realMs += 10;
      this.core.tick();
    }
  }

  async load(wire: ExtensionWire): Promise<void> {
    const loading = this.core.load(wire);
    await this.settle();
    for (const lane of this.lanes) for (const { done } of lane.loads.splice(0)) done({ ok: true, loaded: LOADED });
    await loading;
  }

  call(id: number, options: { signal?: AbortSignal; wallTimeMs?: number } = {}): Promise<Uint8Array> {
    return this.core.call({
      extension: { id, name: `extension-${id}` },
      handler: 0,
      argument: encodeValue(null),
      ...options,
    });
  }
}
