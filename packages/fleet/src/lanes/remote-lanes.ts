import { createHash, randomBytes } from 'node:crypto';

import type { LaneEvents, LaneLink, RemoteLanes } from '@sandglass/host/fleet';

import type { Transport } from '../connection/transport.js';
import { BEAT_MS, Channels } from './channels.js';
import { Directory } from './directory.js';
import { type Presence, type Subjects, subjectsOf } from './presence.js';
import { RunnerLink } from './runner-link.js';

/** Calls that need a runner fail after so long without one; until then one may be starting. */
const ABSENT_AFTER_MS = 5_000;
/** Characters of a digest that an error shows. */
const SHOWN = 8;

/** The runners of a fleet, as lanes of one owner's pool. */
export class FleetLanes implements RemoteLanes {
  readonly #engine: string;
  readonly #id: string = randomBytes(12).toString('hex');
  readonly #subjects: Subjects;
  readonly #channels: Channels;
  readonly #directory: Directory;
  /** Lanes to runners, by the runners' ids. */
  readonly #links: Map<string, RunnerLink> = new Map();
  /** Beats since there last was a runner with the same engine. */
  #absentBeats = 0;
  onFree: (() => void) | undefined;
  readonly start = (events: LaneEvents): LaneLink => this.#start(events);

  /** @param engine digest that the runners' engines have to have. */
  constructor(transport: Transport, engine: string) {
    this.#engine = engine;
    this.#subjects = subjectsOf(transport.prefix);
    this.#channels = new Channels(transport, this.#subjects.owner(this.#id));
    this.#directory = new Directory(transport, this.#subjects);
    this.#directory.onPresence = (presence) => this.#hear(presence);
    this.#directory.onBeat = () => {
      this.#absentBeats = this.#links.size > 0 || this.free > 0 ? 0 : this.#absentBeats + 1;
    };
  }

  get free(): number {
    let free = 0;
    for (const presence of this.#directory) if (this.#isFree(presence)) free += 1;
    return free;
  }

  get absence(): string | undefined {
    if (this.#absentBeats * BEAT_MS < ABSENT_AFTER_MS) return undefined;
    const others = [...this.#directory].filter(({ engine }) => engine !== this.#engine);
    const engines = new Set(others.map(({ engine }) => engine.slice(0, SHOWN)));
    const beside = others.length > 0 ? `, and ${others.length} with another one: ${[...engines].join(', ')}` : '';
    return `no runner with engine ${this.#engine.slice(0, SHOWN)} is on the fleet${beside}`;
  }

  async close(): Promise<void> {
    this.#directory.close();
    for (const link of [...this.#links.values()]) link.terminate();
    this.#channels.close();
  }

  #start(events: LaneEvents): LaneLink {
    const runner = this.#choose();
    if (!runner) throw new Error('No runner is free');
    const token = randomBytes(16).toString('hex');
    const channel = this.#channels.open(token, this.#subjects.runner(runner.id));
    const link = new RunnerLink({ channel, events, runner, onEnd: (how) => this.#end(runner, how) });
    this.#links.set(runner.id, link);
    return link;
  }

  /** The free runner with the least work; among equals, each owner has an order of its own. */
  #choose(): Presence | undefined {
    let best: Presence | undefined;
    let bestRank = '';
    for (const presence of this.#directory) {
      if (!this.#isFree(presence) || (best && presence.loadMs > best.loadMs)) continue;
      const rank = this.#rank(presence);
      if (best && presence.loadMs === best.loadMs && rank > bestRank) continue;
      best = presence;
      bestRank = rank;
    }
    return best;
  }

  #rank({ id }: Presence): string {
    return createHash('sha1').update(this.#id).update(id).digest('base64');
  }

  #isFree({ id, engine, engines }: Presence): boolean {
    return engine === this.#engine && engines > 0 && !this.#links.has(id);
  }

  #hear(presence: Presence): void {
    this.#links.get(presence.id)?.hear(presence);
    if (!this.#isFree(presence)) return;
    this.#absentBeats = 0;
    this.onFree?.();
  }

  #end({ id }: Presence, how: 'lost' | 'retired'): void {
    this.#links.delete(id);
    if (how === 'lost') this.#directory.forget(id);
  }
}
