import { type Registration, SandglassError, type SandboxType } from '@sandglass/core';

import type { Capabilities } from './capabilities/registry.js';
import type { Pool } from './pool/contract.js';
import { assertRegistrations } from './routing/assert-registrations.js';
import { EndpointRouter } from './routing/endpoint-router.js';
import { HookRegistry } from './routing/hook-registry.js';
import { OperationRegistry } from './routing/operation-registry.js';
import type { Extension } from './extensions/extension.js';
import type { StagedExtension } from './fleet/contract.js';
import { toLoadError } from './extensions/map-error.js';

/** What each type may register. */
const REGISTERS: Readonly<Record<SandboxType, readonly Registration['type'][]>> = {
  endpoint: ['route'],
  hook: ['filter', 'action'],
  operation: ['operation'],
};

export interface AddOptions {
  /** Registered only after this has ended, though loaded before. */
  previous?: Promise<unknown>;
  /**
   * Lists an extension that does not load as failed, for a look at what is wrong and a reload.
   * @default false
   */
  keepFailed?: boolean;
}

/** The extensions of a host: loads them into the pool, keeps what they registered, lets them go. */
export class Catalog {
  readonly router: EndpointRouter<Extension> = new EndpointRouter();
  readonly hooks: HookRegistry<Extension> = new HookRegistry();
  readonly operations: OperationRegistry<Extension> = new OperationRegistry();
  readonly #pool: Pick<Pool, 'load' | 'unload'>;
  readonly #capabilities: Pick<Capabilities, 'releaseExtension'>;
  /** The version that serves, or failed, by name. */
  readonly #current = new Map<string, Extension>();
  readonly #versions: Map<number, Extension>;
  /** Names that were unloaded, and not loaded since. */
  readonly #removed = new Set<string>();
  /** Changes to one extension follow one another. */
  readonly #changes = new Map<string, Promise<unknown>>();

  /**
   * @param versions filled here: every version that a sandbox may still run, by id. An old one
   *   stays until its calls have finished.
   */
  constructor(
    pool: Pick<Pool, 'load' | 'unload'>,
    capabilities: Pick<Capabilities, 'releaseExtension'>,
    versions: Map<number, Extension>,
  ) {
    this.#pool = pool;
    this.#capabilities = capabilities;
    this.#versions = versions;
  }

  get extensions(): Extension[] {
    return [...this.#current.values()];
  }

  /** @throws {SandglassError} `E_NOT_FOUND` if no version of that name serves. */
  ready(name: string): Extension {
    const extension = this.#known(name);
    if (extension.state !== 'ready') throw notLoaded(name);
    return extension;
  }

  /**
   * Loads an extension under a name that is free.
   *
   * @throws {SandglassError} `E_LOAD` if the name is taken, and whatever keeps it from loading.
   */
  add(extension: Extension, { previous, keepFailed = false }: AddOptions = {}): Promise<void> {
    const { name } = extension;
    return this.#inOrder(name, async () => {
      const known = this.#current.get(name);
      if (known && known.state !== 'failed') {
        throw new SandglassError('E_LOAD', `Cannot load "${name}": an extension of that name is loaded already`, {
          extension: name,
        });
      }
      this.#current.set(name, extension);
      this.#removed.delete(name);
      try {
        const registrations = await this.#load(extension);
        await previous;
        await this.#serve(extension, registrations);
      } catch (error) {
        if (keepFailed) extension.fail(error as Error);
        else this.#current.delete(name);
        throw error;
      }
    });
  }

  /**
   * Replaces the version that serves by a new one. Calls in flight finish on the old one, which
   * goes on serving if the new one does not load.
   *
   * @param open reads the new version; it has to have the same name.
   */
  replace(name: string, open: (old: Extension) => Promise<Extension>): Promise<Extension> {
    return this.#inOrder(name, async () => {
      const extension = await open(this.#known(name));
      if (extension.name !== name)
        throw new SandglassError('E_MANIFEST', `Cannot reload "${name}": it is called "${extension.name}" now`, {
          extension: name,
        });
      await this.#succeed(extension, await this.#load(extension));
      return extension;
    });
  }

  /**
   * Takes an extension out of service at once; resolves when its calls in flight have finished. A
   * second time, nothing happens.
   */
  remove(name: string): Promise<void> {
    return this.#inOrder(name, async () => {
      if (this.#removed.has(name)) return;
      const extension = this.#known(name);
      this.#unregister(name);
      await this.#retire(extension);
      this.#current.delete(name);
      this.#removed.add(name);
      await this.#capabilities.releaseExtension(name);
    });
  }

  /**
   * Loads a version beside the one that serves, if there is one; nothing is registered. Whoever
   * staged it activates or discards it, once.
   *
   * @throws {SandglassError} whatever keeps it from loading.
   */
  async stage(extension: Extension): Promise<StagedExtension> {
    const { name } = extension;
    const registrations = await this.#load(extension);
    return {
      name,
      activate: () => this.#inOrder(name, () => this.#succeed(extension, registrations)),
      discard: () => this.#drop(extension),
    };
  }

  #known(name: string): Extension {
    const extension = this.#current.get(name);
    if (!extension) throw notLoaded(name);
    return extension;
  }

  async #load(extension: Extension): Promise<readonly Registration[]> {
    const { id, type } = extension.wire;
    this.#versions.set(id, extension);
    try {
      const { registrations } = await this.#pool.load(extension.wire);
      assertRegistrations(registrations);
      const odd = registrations.find((registration) => !REGISTERS[type].includes(registration.type));
      if (odd) throw new SandglassError('E_LOAD', `it is of type ${type} and registers a ${odd.type}`);
      return registrations;
    } catch (error) {
      await this.#drop(extension);
      throw await toLoadError(error, extension);
    }
  }

  /** Lets a version serve in place of the one that does, if there is one. */
  async #succeed(extension: Extension, registrations: readonly Registration[]): Promise<void> {
    const { name } = extension;
    const old = this.#current.get(name);
    await this.#serve(extension, registrations);
    this.#current.set(name, extension);
    this.#removed.delete(name);
    // it fails only with the pool, and then all else does
    if (old) this.#retire(old).catch(() => {});
  }

  async #serve(extension: Extension, registrations: readonly Registration[]): Promise<void> {
    try {
      this.#register(extension, registrations);
    } catch (error) {
      await this.#drop(extension);
      throw await toLoadError(error, extension);
    }
    extension.ready(registrations);
  }

  async #drop({ wire }: Extension): Promise<void> {
    await this.#pool.unload(wire.id);
    this.#versions.delete(wire.id);
  }

  #register(extension: Extension, registrations: readonly Registration[]): void {
    const { name } = extension;
    const { type } = extension.wire;
    const of = <Type extends Registration['type']>(...types: Type[]): Extract<Registration, { type: Type }>[] =>
      registrations.filter((registration): registration is Extract<Registration, { type: Type }> =>
        (types as string[]).includes(registration.type),
      );
    switch (type) {
      case 'endpoint':
        this.router.mount(name, extension, of('route'));
        break;
      case 'hook':
        this.hooks.register(name, extension, of('filter', 'action'));
        break;
      case 'operation':
        this.operations.register(name, extension, of('operation'));
        break;
      default:
        return type satisfies never;
    }
    this.#unregister(name, type);
  }

  /**
   * @param kept the type whose registrations stay: a reload may have made another type of an
   *   extension.
   */
  #unregister(name: string, kept?: SandboxType): void {
    if (kept !== 'endpoint') this.router.unmount(name);
    if (kept !== 'hook') this.hooks.unregister(name);
    if (kept !== 'operation') this.operations.unregister(name);
  }

  async #retire(extension: Extension): Promise<void> {
    if (extension.state === 'failed') return;
    await extension.retire();
    await this.#drop(extension);
  }

  #inOrder<T>(name: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(name) ?? Promise.resolve();
    const done = before.then(change, change);
    this.#changes.set(name, done);
    const forget = (): void => {
      if (this.#changes.get(name) === done) this.#changes.delete(name);
    };
    done.then(forget, forget);
    return done;
  }
}

function notLoaded(name: string): SandglassError {
  return new SandglassError('E_NOT_FOUND', `No extension "${name}" is loaded`, { extension: name });
}
