/**
 * A fleet of any size on one machine: the real pool of each owner, with its queue, dispatcher and
 * placement, over modelled runners and a modelled network, on a clock that jumps.
 *
 *     pnpm fleet:simulate [--runners 1000] [--extensions 100000] [--owners 40] [--load 0.7]
 *     pnpm fleet:simulate --check       # the model beside real fleets of one and two runners
 *
 * Prints utilisation, cold starts, times in the queue, and what grows with what. The model: each
 * runner is a first-come-first-served queue before its engines; a message takes a hop; the first
 * call of an extension on a runner waits for its snapshot and costs its engine a restore; a runner
 * keeps a number of extensions, and has owners forget the coldest.
 */
import { parseArgs } from 'node:util';

import { DEFAULT_LIMITS, encodeValue } from '@sandglass/core';

import { LanePool } from '../../packages/host/dist/pool/pool.js';
import { Agenda } from './agenda.mjs';
import { ModelRunner } from './model-runner.mjs';
import { measureReal } from './real-fleet.mjs';

/** One way. */
const HOP_MS = 0.15;
const ENGINES = 8;
/** Kinds of calls: their part of all, and the CPU time of one. */
const KINDS = [
  [0.6, 0.2],
  [0.3, 5],
  [0.1, 50],
];

const { values: given } = parseArgs({
  options: {
    runners: { type: 'string', default: '1000' },
    extensions: { type: 'string', default: '100000' },
    owners: { type: 'string', default: '40' },
    load: { type: 'string', default: '0.7' },
    calls: { type: 'string', default: '200000' },
    check: { type: 'boolean', default: false },
  },
});

let nowMs = 1_000;
performance.now = () => nowMs;
const NO_ARGUMENT = encodeValue(null);
const NO_BYTES = new Uint8Array();

/** Numbers that are the same in each run. */
let seed = 1;
function random() {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}

/** An owner's lane to a runner. */
class ModelLink {
  slots = undefined;
  memoryBytes = 0;
  constructor(fleet, runner, events) {
    this.fleet = fleet;
    this.runner = runner;
    this.events = events;
    const { length: engines } = runner.freeAtMs;
    this.distance = { engines, hopMs: 2 * HOP_MS, othersMs: 0, runner: String(runner.id) };
    fleet.after(2 * HOP_MS, () => events.ready());
  }
  batch({ id, calls }) {
    this.fleet.after(HOP_MS, () => {
      this.distance.othersMs = this.runner.loadMs / 2; // as of the last beat
      let left = calls.length;
      for (const { callId, extensionId } of calls) {
        const costMs = this.fleet.costOf(extensionId);
        const endMs = this.runner.run(extensionId, costMs, this);
        this.fleet.agenda.add(endMs + HOP_MS, () => {
          const usage = { cpuTimeMs: costMs, heapBytes: 0 };
          this.events.outcomes([{ callId, ok: true, value: NO_BYTES, usage }]);
          if (--left === 0) this.events.batchDone(id, []);
        });
      }
    });
  }
  load() {}
  settle() {}
  abort() {}
  forget() {}
  trim() {}
  shed() {}
  requestStats() {}
  terminate() {
    this.fleet.ended(this);
  }
}

class ModelFleet {
  agenda = new Agenda();
  took = [];
  waited = [];
  constructor({ runners, extensions, owners, engines = ENGINES, costOf }) {
    this.runners = Array.from({ length: runners }, (_, id) => new ModelRunner(id, engines));
    this.extensions = extensions;
    this.owners = Array.from({ length: owners }, () => this.#openOwner());
    this.costOf = costOf ?? ((id) => kindOf(id));
    /** Zipf: the k-th extension has 1/k of the calls of the first. */
    let sum = 0;
    this.zipf = Float64Array.from({ length: extensions }, (_, i) => (sum += 1 / (i + 1)));
  }
  after(ms, run) {
    this.agenda.add(nowMs + ms, run);
  }
  #openOwner() {
    const owner = { links: new Map(), installed: new Set() };
    const { length } = this.runners;
    const remote = {
      get free() {
        return length - owner.links.size;
      },
      absence: undefined,
      onFree: undefined,
      start: (events) => {
        // as a directory would choose: of some, the one with the least to do
        let best;
        for (let i = 0; i < this.runners.length && !(best && i >= 8); i++) {
          const runner = this.runners[Math.floor(random() * this.runners.length)];
          if (!owner.links.has(runner) && (!best || runner.loadMs < best.loadMs)) best = runner;
        }
        best ??= this.runners.find((runner) => !owner.links.has(runner));
        const link = new ModelLink(this, best, events);
        owner.links.set(best, link);
        link.owner = owner;
        return link;
      },
      close: async () => {},
    };
    owner.pool = new LanePool({
      startLane: () => {
        throw new Error('An owner here has no threads');
      },
      remote,
      maxThreads: 0,
      maxQueueLength: 1_000_000,
      maxExtensionQueueLength: 1_000_000,
      cores: 1,
      realNowMs: () => nowMs,
      onCapability: async () => undefined,
      isEffect: () => false,
    });
    return owner;
  }
  ended({ owner, runner }) {
    owner.links.delete(runner);
  }
  pick() {
    const wanted = random() * this.zipf.at(-1);
    let [low, high] = [0, this.zipf.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.zipf[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
  async call(owner, id) {
    if (!owner.installed.has(id)) {
      owner.installed.add(id);
      owner.pool.install({ extension: wireOf(id), loaded: LOADED });
    }
    const madeMs = nowMs;
    await owner.pool.call({ extension: { id, name: String(id) }, handler: 0, argument: NO_ARGUMENT });
    this.took.push(nowMs - madeMs);
    this.waited.push(nowMs - madeMs - this.costOf(id));
  }
  /** Runs the events that are due, until there are none. */
  async run(isOver) {
    for (await settled(); !isOver(); await settled()) {
      if (this.agenda.size === 0) throw new Error('Nothing happens any more, and calls wait');
      nowMs = Math.max(nowMs, this.agenda.nextMs);
      while (this.agenda.nextMs <= nowMs) this.agenda.take().run();
    }
  }
}

/** Lets pools do what they have put off: promise jobs, ticks, and turns of the event loop. */
function settled() {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

const LOADED = {
  registrations: [{ type: 'operation', id: 'run', handler: 0 }],
  snapshot: { key: 'key', bytes: new SharedArrayBuffer(8) },
  heapBytes: 0,
};

function wireOf(id) {
  const limits = { ...DEFAULT_LIMITS, wallTimeMs: 60_000, cpuTimeMs: 60_000 };
  const rest = { type: 'operation', filename: 'index.js', source: '', isolation: 'pristine', capabilities: [] };
  return { id, name: String(id), ...rest, limits, nodeEnv: null };
}

/** CPU time of an extension's calls, the same each time. */
function kindOf(id) {
  let point = ((Math.imul(id, 2_654_435_761) >>> 0) / 2 ** 32) % 1;
  for (const [part, costMs] of KINDS) {
    if (point < part) return costMs;
    point -= part;
  }
  return KINDS.at(-1)[1];
}

/** Calls that come by themselves, so many for each engine. */
async function simulate({ runners, extensions, owners, load, calls }) {
  const fleet = new ModelFleet({ runners, extensions, owners });
  let meanMs = 0;
  for (let i = 0; i < 20_000; i++) meanMs += kindOf(fleet.pick()) / 20_000;
  const everyMs = meanMs / (load * runners * ENGINES);
  let [made, over] = [0, 0];
  const arrive = () => {
    if (made++ >= calls) return;
    const owner = fleet.owners[Math.floor(random() * owners)];
    fleet.call(owner, fleet.pick()).then(() => (over += 1), fail);
    fleet.after(-Math.log(1 - random()) * everyMs, arrive);
  };
  const beganMs = nowMs;
  fleet.after(0, arrive);
  await fleet.run(() => over >= calls);
  const tookMs = nowMs - beganMs;
  const sum = (key) => fleet.runners.reduce((all, runner) => all + runner[key], 0);
  const used = fleet.runners.filter((runner) => runner.calls > 0).length;
  const half = fleet.waited.slice(calls >> 1).toSorted((a, b) => a - b); // once it is warm
  return {
    runners,
    extensions,
    'calls/s': Math.round((calls / tookMs) * 1_000),
    'utilisation %': Number(((100 * sum('busyMs')) / (tookMs * runners * ENGINES)).toFixed(1)),
    'cold starts %': Number(((100 * sum('cold')) / calls).toFixed(1)),
    'wait p50 ms': Number(half[half.length >> 1].toFixed(2)),
    'wait p99 ms': Number(half[Math.floor(half.length * 0.99)].toFixed(2)),
    'lanes of an owner': Math.round(fleet.owners.reduce((all, { links }) => all + links.size, 0) / owners),
    'runners used': used,
  };
}

function fail(error) {
  throw error;
}

/** Callers that make one call after the other, on the real fleet and on the model of it. */
async function checkModel() {
  const rows = [];
  // on two cores, a second runner has none of its own: its rows say nothing of the model
  for (const [runners, inFlight] of [1, 2].flatMap((runners) => [1, 4, 16].map((each) => [runners, each]))) {
    const real = await measureReal(runners, inFlight);
    const fleet = new ModelFleet({ runners, extensions: 1, owners: 1, engines: 1, costOf: () => real.costMs });
    let over = 0;
    const caller = async () => {
      for (let i = 0; i < 200; i++) await fleet.call(fleet.owners[0], 1).then(() => (over += 1));
    };
    const beganMs = nowMs;
    void Promise.all(Array.from({ length: inFlight }, caller));
    await fleet.run(() => over >= 200 * inFlight);
    const rate = (over / (nowMs - beganMs)) * 1_000;
    rows.push({
      runners,
      'in flight': inFlight,
      'CPU ms a call': Number(real.costMs.toFixed(2)),
      'real calls/s': Number(real.rate.toFixed(1)),
      'model calls/s': Number(rate.toFixed(1)),
      'real of model': Number((real.rate / rate).toFixed(2)),
    });
  }
  console.table(rows);
}

if (given.check) await checkModel();
else {
  const [runners, extensions, owners, load, calls] = ['runners', 'extensions', 'owners', 'load', 'calls'].map((key) =>
    Number(given[key]),
  );
  const rows = [];
  const at = (some) => simulate({ runners, extensions, owners, load, calls, ...some });
  const part = (whole, share) => Math.max(Math.round(whole * share), 1);
  for (const share of [0.01, 0.1, 1]) {
    const smaller = { runners: part(runners, share), owners: part(owners, share) };
    rows.push(await at({ ...smaller, calls: part(calls, Math.max(share, 0.1)) }));
  }
  rows.push(await at({ extensions: part(extensions, 0.01) }));
  console.table(rows);
}
process.exit();
