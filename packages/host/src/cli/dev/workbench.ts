import { sep } from 'node:path';

import { type AuthoredExtension, readAuthored } from '../../authoring/read-authored.js';
import { scanFolder } from '../../extensions/scan-folder.js';
import type { Host } from '../../host.js';
import type { ExtensionInfo } from '../../types.js';
import { isExtension } from '../open-host.js';

/** What became of an extension after a change. */
export type Change =
  | { type: 'loaded' | 'reloaded'; folder: string; file: string; extension: ExtensionInfo; durationMs: number }
  | { type: 'failed'; folder: string; error: unknown; isStillServed: boolean }
  | { type: 'unloaded'; folder: string; name: string };

/** An extension under work. Its host reads `authored` again at each reload. */
interface Piece {
  authored: AuthoredExtension;
  /** Name under which it serves. */
  name: string;
}

/** Keeps a host in step with the folders that an author works in. */
export class Workbench {
  readonly #host: Host;
  readonly #root: string;
  readonly #onChange: (change: Change) => void;
  readonly #pieces = new Map<string, Piece>();
  readonly #failed = new Set<string>();
  #work: Promise<void> = Promise.resolve();

  constructor(host: Host, root: string, onChange: (change: Change) => void) {
    this.#host = host;
    this.#root = root;
    this.#onChange = onChange;
  }

  /**
   * Brings the host up to date: loads folders that are new, reloads those that changed, unloads those that went.
   *
   * @param changed paths of files that changed; with none, only what is new or had failed is looked at.
   */
  sync(changed: readonly string[] = []): Promise<void> {
    this.#work = this.#work.then(() => this.#sync(changed));
    return this.#work;
  }

  async #sync(changed: readonly string[]): Promise<void> {
    const folders = (await isExtension(this.#root)) ? [this.#root] : await scanFolder(this.#root);
    for (const [folder, { name }] of this.#pieces) if (!folders.includes(folder)) await this.#unload(folder, name);
    for (const folder of folders) {
      const isChanged = changed.some((path) => path === folder || path.startsWith(folder + sep));
      const isNew = !this.#pieces.has(folder) && !this.#failed.has(folder);
      if (isChanged || isNew) await this.#update(folder);
    }
  }

  async #update(folder: string): Promise<void> {
    const piece = this.#pieces.get(folder);
    const beganMs = performance.now();
    try {
      const authored = await readAuthored(folder);
      if (piece && isSame(piece.authored, authored)) return;
      const extension = await this.#put(folder, piece, authored);
      this.#failed.delete(folder);
      this.#onChange({
        type: piece ? 'reloaded' : 'loaded',
        folder,
        file: authored.file,
        extension,
        durationMs: performance.now() - beganMs,
      });
    } catch (error) {
      this.#failed.add(folder);
      this.#onChange({ type: 'failed', folder, error, isStillServed: this.#pieces.has(folder) });
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
    this.#onChange({ type: 'unloaded', folder, name });
  }
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
