import type { ExtensionWire, Manifest, Registration, Scopes } from '@sandglass/core';

import type { Grant } from '../capabilities/registry.js';
import type { ExtensionInfo, ExtensionSource, ExtensionState, LoadOptions } from '../types.js';
import type { PreparedSource } from './prepare-source.js';

/** What an extension was made from; a reload reads it again. */
export interface ExtensionOrigin {
  /** A folder, or the extension itself. */
  from: string | ExtensionSource;
  options: LoadOptions;
  /** Scopes that were granted before this host's own policy is asked. @default what is requested */
  granted?: Scopes;
}

/** What a host knows of an extension before a sandbox has evaluated it. */
export interface ExtensionParts {
  origin: ExtensionOrigin;
  manifest: Manifest;
  source: PreparedSource;
  grant: Grant;
  wire: ExtensionWire;
}

/** One version of an extension in this host. A reload makes a new one. */
export class Extension {
  readonly name: string;
  readonly origin: ExtensionOrigin;
  readonly wire: ExtensionWire;
  readonly grant: Grant;
  readonly mapStack: (stack: string) => string;
  readonly #parts: ExtensionParts;
  #state: ExtensionState = 'loading';
  #registrations: readonly Registration[] = [];
  #error: Error | undefined;
  #leases = 0;
  #onFree: (() => void) | undefined;

  constructor(parts: ExtensionParts) {
    this.#parts = parts;
    this.name = parts.manifest.name;
    this.origin = parts.origin;
    this.wire = parts.wire;
    this.grant = parts.grant;
    this.mapStack = parts.source.mapStack;
  }

  get state(): ExtensionState {
    return this.#state;
  }

  get registrations(): readonly Registration[] {
    return this.#registrations;
  }

  get info(): ExtensionInfo {
    const { manifest, source, grant, wire } = this.#parts;
    return Object.freeze({
      name: manifest.name,
      version: manifest.version,
      type: manifest.type,
      isolation: wire.isolation,
      state: this.#state,
      requested: manifest.requestedScopes,
      granted: grant.scopes,
      registrations: this.#registrations,
      sourceHash: source.hash,
      limits: wire.limits,
      notes: source.notes,
      ...(this.#error ? { error: this.#error } : {}),
    });
  }

  ready(registrations: readonly Registration[]): void {
    this.#registrations = registrations;
    this.#state = 'ready';
  }

  fail(error: Error): void {
    this.#error = error;
    this.#state = 'failed';
  }

  /**
   * Keeps the sandboxes of this version while the lease is held, beside those of calls in flight.
   */
  lease(): Disposable {
    this.#leases += 1;
    return {
      [Symbol.dispose]: () => {
        this.#leases -= 1;
        if (this.#leases === 0) this.#onFree?.();
      },
    };
  }

  /** Refuses leases from now on; resolves when the last one has ended. */
  async retire(): Promise<void> {
    this.#state = 'unloading';
    if (this.#leases > 0) await new Promise<void>((resolve) => (this.#onFree = resolve));
  }
}
