import type { FleetHost, NodeError, StagedExtension } from '@sandglass/host/fleet';

import type { Transport } from '../connection/transport.js';
import { type StagedReport, toNodeError } from '../nodes/report.js';
import type { Catalogue } from './catalogue.js';
import { type Entry, identityOf, isSame, type Version } from './entry.js';

/** Extensions that are loaded at once. */
const LOADED_AT_ONCE = 8;
/** Pause before a version that could not be fetched is tried again. */
const RETRY_AFTER_MS = 2_000;

/** What a node knows of one extension of the catalogue. */
interface Followed {
  readonly key: string;
  /** Reads the entry that the catalogue has now. */
  read: () => Entry | undefined;
  name: string | undefined;
  /** Identity of the version that serves here. */
  serving: string;
  /** Identity of a version that this node could not take; it is not tried again and again. */
  refused: string;
  staged: { id: string; version: Version; extension: StagedExtension | undefined; error?: NodeError } | undefined;
}

/** Loads what the catalogue has active into a host, and follows its changes. */
export class Follower {
  readonly #catalogue: Catalogue;
  readonly #host: FleetHost;
  readonly #onChange: () => void;
  readonly #followed = new Map<string, Followed>();
  /** Keys with a change that is still to be made. */
  readonly #queued = new Set<string>();
  /** Keys with a change under way: an extension has one at a time. */
  readonly #busy = new Set<string>();
  readonly #failed = new Map<string, NodeError>();
  #onIdle: (() => void)[] = [];
  #watching: Disposable | undefined;
  #listening: Disposable | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;
  #seen = 0;
  #taken = 0;

  /** @param onChange called when this node has something new to report. */
  constructor(catalogue: Catalogue, host: FleetHost, onChange: () => void) {
    this.#catalogue = catalogue;
    this.#host = host;
    this.#onChange = onChange;
  }

  /** Resolves when each active version is loaded, or has failed and is reported. */
  async start(transport: Transport): Promise<void> {
    await this.#catalogue.forEach(this.#take);
    await this.#whenIdle();
    this.#watching = await this.#catalogue.watch(this.#take);
    // a server that comes back may have forgotten who watched
    this.#listening = transport.onChange((isConnected) => {
      if (isConnected) void this.#watchAgain();
    });
  }

  /** Number of the last change of the catalogue that this node has made. */
  get revision(): number {
    return this.#taken;
  }

  get staged(): Record<string, StagedReport> {
    const reports: Record<string, StagedReport> = {};
    for (const { name, staged } of this.#followed.values())
      if (name !== undefined && staged && (staged.extension || staged.error))
        reports[name] = { id: staged.id, error: staged.error };
    return reports;
  }

  get failed(): Record<string, NodeError> {
    return Object.fromEntries(this.#failed);
  }

  /** Changes nothing on the host from now on. Resolves when no change is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    this.#listening?.[Symbol.dispose]();
    this.#watching?.[Symbol.dispose]();
    this.#queued.clear();
    await this.#whenIdle();
  }

  async #watchAgain(): Promise<void> {
    this.#watching?.[Symbol.dispose]();
    try {
      this.#watching = await this.#catalogue.watch(this.#take);
      if (this.#isStopped) this.#watching[Symbol.dispose]();
    } catch (error) {
      if (this.#isStopped) return;
      this.#host.report(error, {});
      this.#retry = setTimeout(() => void this.#watchAgain(), RETRY_AFTER_MS).unref();
    }
  }

  readonly #take = (key: string, revision: number, read: () => Entry | undefined): void => {
    if (this.#isStopped) return;
    const known = this.#followed.get(key);
    if (known) known.read = read;
    else this.#followed.set(key, { key, read, name: undefined, serving: '', refused: '', staged: undefined });
    this.#seen = Math.max(this.#seen, revision);
    this.#queued.add(key);
    this.#pump();
  };

  #pump(): void {
    for (const key of this.#queued) {
      if (this.#busy.size >= LOADED_AT_ONCE) return;
      if (this.#busy.has(key)) continue;
      this.#queued.delete(key);
      this.#busy.add(key);
      void this.#bring(this.#followed.get(key)!).then(() => {
        this.#busy.delete(key);
        this.#pump();
        this.#onChange();
      });
    }
    if (this.#busy.size > 0 || this.#queued.size > 0) return;
    this.#taken = this.#seen;
    for (const tell of this.#onIdle.splice(0)) tell();
  }

  #whenIdle(): Promise<void> {
    if (this.#busy.size === 0 && this.#queued.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Does what the entry of one extension says. Never rejects. */
  async #bring(followed: Followed): Promise<void> {
    try {
      const entry = followed.read();
      followed.name = entry?.name ?? followed.name;
      await this.#serve(followed, entry?.active);
      await this.#prepare(followed, entry?.next);
    } catch (error) {
      this.#host.report(error, followed.name === undefined ? {} : { extension: followed.name });
    }
  }

  async #serve(followed: Followed, active: Version | undefined): Promise<void> {
    const { name } = followed;
    const wanted = identityOf(active);
    if (name === undefined || wanted === followed.serving || (wanted !== '' && wanted === followed.refused)) return;
    if (!active) {
      await this.#host.remove(name);
      followed.serving = '';
      this.#failed.delete(name);
      return;
    }
    try {
      const extension = this.#takeStaged(followed, active) ?? (await this.#stage(name, active));
      await extension.activate();
      followed.serving = wanted;
      followed.refused = '';
      this.#failed.delete(name);
    } catch (error) {
      const failure = toNodeError(error);
      this.#failed.set(name, failure);
      if (failure.code === 'E_FLEET') this.#tryAgain(followed);
      else followed.refused = wanted;
      throw error;
    }
  }

  /** Loads the version of a roll-out beside the one that serves. */
  async #prepare(followed: Followed, next: Entry['next']): Promise<void> {
    const { name, staged } = followed;
    if (name === undefined || staged?.id === next?.id) return;
    followed.staged = undefined;
    await staged?.extension?.discard();
    if (!next) return;
    const { id, version } = next;
    try {
      followed.staged = { id, version, extension: await this.#stage(name, version) };
    } catch (error) {
      followed.staged = { id, version, extension: undefined, error: toNodeError(error) };
      throw error;
    }
  }

  /** The extension that was loaded for a roll-out, if its version is the active one now. */
  #takeStaged(followed: Followed, version: Version): StagedExtension | undefined {
    const { staged } = followed;
    if (!staged?.extension || !isSame(staged.version, version)) return undefined;
    followed.staged = undefined;
    return staged.extension;
  }

  async #stage(name: string, { hash, grant, limits }: Version): Promise<StagedExtension> {
    const source = await this.#catalogue.getBundle(hash);
    const staged = await this.#host.stage({ source, grant, limits });
    if (staged.name === name) return staged;
    await staged.discard();
    throw new TypeError(`The bundle of "${name}" holds "${staged.name}"`);
  }

  #tryAgain(followed: Followed): void {
    setTimeout(() => this.#take(followed.key, 0, followed.read), RETRY_AFTER_MS).unref();
  }
}
