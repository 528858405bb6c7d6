import { basename, sep } from 'node:path';

import { isSandglassError } from '@sandglass/core';

import { type AuthoredExtension, readAuthored } from '../../authoring/read-authored.js';
import { guestStack } from '../../extensions/error-text.js';
import { scanFolder } from '../../extensions/scan-folder.js';
import type { Host } from '../../host.js';
import { toMatchedPath } from '../../routing/request-target.js';
import type { ExtensionInfo } from '../../types.js';
import { isExtension } from '../open-host.js';

/** The result of a change of an extension. */
export type Change =
  | {
      type: 'loaded' | 'reloaded';
      folder: string;
      authored: AuthoredExtension;
      extension: ExtensionInfo;
      durationMs: number;
    }
  /** After a version that failed, the folder holds again the one that serves. */
  | { type: 'recovered'; folder: string; name: string }
  | { type: 'failed'; folder: string; error: unknown; isStillServed: boolean }
  | { type: 'unloaded'; folder: string; name: string };

/** An extension of the workbench. The host reads `authored` again at each reload. */
interface Piece {
  authored: AuthoredExtension;
  /** Name under which it serves. */
  name: string;
  /** Whether it is to be loaded again though nothing has changed. */
  isStale?: boolean;
}

/** Keeps a host in step with the folders that an author works in. */
export class Workbench {
  readonly #host: Host;
  readonly #root: string;
  readonly #onChange: (change: Change) => void;
  readonly #pieces = new Map<string, Piece>();
  /** The last failure of each folder. */
  readonly #failed = new Map<string, unknown>();
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;
  /** Called after the next change. */
  readonly #waiters = new Set<() => void>();
  /** Whether the folder has been one extension: a half-saved package.json does not change that. */
  #isOne = false;

  constructor(host: Host, root: string, onChange: (change: Change) => void) {
    this.#host = host;
    this.#root = root;
    this.#onChange = onChange;
  }

  /**
   * Brings the host up to date: loads folders that are new, reloads those that changed, unloads
   * those that went.
   *
   * @param changed paths of files that changed; with none, only what is new or had failed is looked
   *   at.
   */
  sync(changed: readonly string[] = []): Promise<void> {
    return this.#next(() => this.#sync(changed));
  }

  /** Loads all extensions again, changed or not. */
  reloadAll(): Promise<void> {
    return this.#next(() => {
      const folders = [...this.#pieces.keys(), ...this.#failed.keys()];
      for (const piece of this.#pieces.values()) piece.isStale = true;
      for (const folder of this.#failed.keys()) this.#failed.set(folder, undefined); // told again
      return this.#sync(folders);
    });
  }

  /** Runs a change after those before it. */
  #next(sync: () => Promise<void>): Promise<void> {
    this.#isBusy = true;
    const work = this.#work.then(sync);
    this.#work = work.finally(() => {
      if (this.#work !== last) return;
      this.#isBusy = false;
      this.#wake();
    });
    const last = this.#work;
    return work;
  }

  /**
   * Waits until what answers a path has been loaded, or nothing is being loaded any more.
   *
   * @param path of a request.
   */
  async whenSettled(path: string): Promise<void> {
    while (this.#isBusy && this.#pieceAt(path) === undefined)
      await new Promise<void>((wake) => this.#waiters.add(wake));
  }

  /**
   * Why the extension that would answer a path did not load; undefined if it did, or if there is
   * none.
   */
  failureAt(path: string): { error: unknown; folder: string } | undefined {
    if (this.#pieceAt(path) !== undefined) return undefined;
    const found = [...this.#failed].find(([folder, error]) => isBelow(path, nameOfFailed(folder, error)));
    return found && { folder: found[0], error: found[1] };
  }

  /** Number of extensions, with those that failed. */
  get count(): number {
    return new Set([...this.#pieces.keys(), ...this.#failed.keys()]).size;
  }

  #pieceAt(path: string): Piece | undefined {
    return [...this.#pieces.values()].find(({ name }) => isBelow(path, name));
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  #tell(change: Change): void {
    this.#onChange(change);
    this.#wake();
  }

  async #sync(changed: readonly string[]): Promise<void> {
    this.#isOne ||= await isExtension(this.#root);
    const folders = this.#isOne ? [this.#root] : await scanFolder(this.#root);
    for (const [folder, { name }] of this.#pieces) if (!folders.includes(folder)) await this.#unload(folder, name);
    for (const folder of this.#failed.keys()) if (!folders.includes(folder)) this.#failed.delete(folder);
    const due = folders.filter((folder) => {
      const isChanged = changed.some((path) => path === folder || path.startsWith(folder + sep));
      return isChanged || (!this.#pieces.has(folder) && !this.#failed.has(folder));
    });
    await Promise.all(due.map((folder) => this.#update(folder)));
  }

  async #update(folder: string): Promise<void> {
    const piece = this.#pieces.get(folder);
    const beganMs = performance.now();
    try {
      const authored = await readAuthored(folder);
      if (piece && !piece.isStale && isSame(piece.authored, authored)) {
        if (this.#failed.delete(folder)) this.#tell({ type: 'recovered', folder, name: piece.name });
        return;
      }
      const extension = await this.#put(folder, piece, authored);
      if (piece) piece.isStale = false;
      this.#failed.delete(folder);
      const durationMs = performance.now() - beganMs;
      this.#tell({ type: piece ? 'reloaded' : 'loaded', folder, authored, extension, durationMs });
    } catch (error) {
      const isKnown = describe(this.#failed.get(folder)) === describe(error);
      this.#failed.set(folder, error);
      // one save makes several events
      if (!isKnown) this.#tell({ type: 'failed', folder, error, isStillServed: this.#pieces.has(folder) });
    }
  }

  async #put(folder: string, piece: Piece | undefined, authored: AuthoredExtension): Promise<ExtensionInfo> {
    if (piece && piece.name === nameOf(authored)) {
      const before = { ...piece.authored };
      replace(piece.authored, authored);
      return this.#host.reload(piece.name).catch((error: unknown) => {
        replace(piece.authored, before);
        throw error;
      });
    }
    const extension = await this.#host.load(authored);
    if (piece) await this.#host.unload(piece.name);
    this.#pieces.set(folder, { authored, name: extension.name });
    return extension;
  }

  async #unload(folder: string, name: string): Promise<void> {
    this.#pieces.delete(folder);
    this.#failed.delete(folder);
    await this.#host.unload(name);
    this.#tell({ type: 'unloaded', folder, name });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${guestStack(error.cause)}` : String(error);
}

/** The name of an extension that did not load, as far as that is known. */
export function nameOfFailed(folder: string, error: unknown): string {
  return (isSandglassError(error) ? error.extension : undefined) ?? basename(folder);
}

/** Whether a path is that of an extension's mount, or lies below it. */
function isBelow(path: string, name: string): boolean {
  const asked = toMatchedPath(path);
  const mount = toMatchedPath(`/${name}`);
  return asked === mount || asked.startsWith(`${mount}/`);
}

function replace(target: AuthoredExtension, source: AuthoredExtension): void {
  delete target.sourceMap;
  Object.assign(target, source);
}

/** Whether there is nothing to load again: an editor saves more often than the text changes. */
function isSame(a: AuthoredExtension, b: AuthoredExtension): boolean {
  return a.source === b.source && JSON.stringify(a.manifest) === JSON.stringify(b.manifest);
}

function nameOf({ manifest }: AuthoredExtension): unknown {
  return typeof manifest === 'object' && manifest !== null && 'name' in manifest ? manifest.name : undefined;
}
