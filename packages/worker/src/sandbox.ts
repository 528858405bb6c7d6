import { encodeValue, FORM, type CapabilityErrorWire, type CapabilityWire, type EngineModule, type ExtensionWire, type SettlementWire } from '@sandglass/core';

import { PRELUDE, PRELUDE_FUNCTIONS, type PreludeFunction } from './prelude.js';
import { evaluate, newCString, type Pointer } from './quickjs/ffi.js';
import type { Layout } from './quickjs/layout.js';
import { createMachine, WASM_PAGE_BYTES } from './quickjs/machine.js';
import { Realm, type Progress, type PromiseCapability } from './quickjs/realm.js';
import { restore, takeSnapshot, usedStackBytes, type Snapshot, type SnapshotHeader } from './snapshot.js';

/** Ids of the native functions; those of the capabilities follow in the order of the extension's list. */
const KIND_OF = 1;
const WRITE_CONSOLE = 2;
const FIRST_CAPABILITY = 16;

/** What happens outside while guest code runs. */
export interface SliceListener {
  /** Whether the running guest code must end. Asked at every poll and between jobs. */
  mustStop: () => boolean;
  /** An asynchronous capability was called. An answer is for the guest at once; without one, `settle` comes later. */
  onCapability: (index: number, args: Uint8Array[], promise: PromiseCapability) => CapabilityErrorWire | undefined;
  /** A synchronous one was called, its arguments checked. */
  onSync: (index: number, args: Uint8Array[]) => CapabilityErrorWire | undefined;
}

/** The instance itself failed: an exception of V8 or WASM went through it. It must never be restored. */
export class PoisonedError extends Error {
  override readonly name = 'PoisonedError';
}

/** The copy of a value, or what was thrown while it was made (0: the heap was too full to say). */
export type Copied = { ok: true; bytes: Uint8Array } | { ok: false; thrown: Pointer };

/**
 * One QuickJS instance for one extension.
 *
 * Its owner runs one slice of guest code at a time: `evaluate`, `register`, `invoke`, `settle`, `copy`, `describe`. Every
 * one of them may throw {@link PoisonedError} and nothing else.
 */
export class Sandbox {
  readonly #realm: Realm;
  readonly #extension: ExtensionWire;
  #prelude: Record<PreludeFunction, Pointer>;
  #handlers: readonly Pointer[];
  #listener: SliceListener | undefined;
  /** Static imports are resolved while the entrypoint compiles; whatever comes later is a dynamic one. */
  #linking = false;
  /** A failure inside a native callback, which must not throw through WASM. */
  #callbackError: unknown;

  private constructor(realm: Realm, extension: ExtensionWire, prelude: Record<PreludeFunction, Pointer>, handlers: readonly Pointer[]) {
    this.#realm = realm;
    this.#extension = extension;
    this.#prelude = prelude;
    this.#handlers = handlers;
    const { hooks } = realm.machine;
    hooks.shouldInterrupt = () => (this.#listener?.mustStop() ? 1 : 0);
    hooks.callFunction = (_ctx, _self, argc, argv, id) => this.#protect(() => this.#onCall(argc, argv, id));
    hooks.normalizeModule = (_rt, _ctx, _base, specifier) => this.#protect(() => this.#onImport(String(specifier)));
  }

  /** An instance whose realm is prepared and that has seen nothing of the extension yet. */
  static async boot(engine: EngineModule, layout: Layout, extension: ExtensionWire): Promise<Sandbox> {
    const machine = await createMachine(engine, pagesFor(layout, extension));
    const realm = Realm.create(machine, layout, extension.limits.stackBytes);
    const sandbox = new Sandbox(realm, extension, {} as never, []); // #prepare fills the functions in
    sandbox.#prepare();
    return sandbox;
  }

  /** An instance that begins where the snapshot was taken: nothing is evaluated. */
  static async fromSnapshot(engine: EngineModule, layout: Layout, extension: ExtensionWire, snapshot: Snapshot): Promise<Sandbox> {
    const machine = await createMachine(engine, pagesFor(layout, extension));
    const { realm: pointers, prelude, handlers } = snapshot.header;
    const sandbox = new Sandbox(new Realm(machine, layout, pointers), extension, prelude, handlers);
    sandbox.restore(snapshot);
    return sandbox;
  }

  /** Heap that the engine has taken from the memory so far, in bytes. Falls only at a restore. */
  get heapBytes(): number {
    const { machine, layout } = this.#realm;
    return machine.words[layout.heapEndAt >> 2]! - layout.heapBase;
  }

  /** Whether an allocation met the memory limit since `begin`. */
  get exhausted(): boolean {
    return this.#realm.machine.exhausted;
  }

  /** Whether guest code reached the last quarter of its C stack since the last restore: tells a real overflow from a forged one. */
  reachedStackLimit(): boolean {
    const { machine, layout } = this.#realm;
    const { stackBytes } = this.#extension.limits;
    return usedStackBytes(machine, layout, stackBytes) > stackBytes * 0.75;
  }

  /** Prepares for a call: a new seed for `Math.random`, not zero. */
  begin(seed: bigint): void {
    const { machine, layout, pointers } = this.#realm;
    machine.exhausted = false;
    machine.view.setBigUint64(pointers.ctx + layout.randomOffset, seed, true);
  }

  restore(snapshot: Snapshot): void {
    this.#realm.forget();
    restore(this.#realm.machine, this.#realm.layout, snapshot, this.#extension.limits.stackBytes);
  }

  /** Gives up what the slices so far left behind, in a sandbox that is not restored. */
  release(): void {
    this.#enter(undefined, () => this.#realm.release());
  }

  /** Saves the sandbox as it is: between calls, with nothing pending. */
  snapshot(identity: Pick<SnapshotHeader, 'key' | 'registrations'>): Snapshot {
    const { machine, layout, pointers } = this.#realm;
    this.#realm.release();
    return takeSnapshot(machine, layout, { ...identity, realm: pointers, prelude: this.#prelude, handlers: [...this.#handlers] });
  }

  /** Compiles and evaluates the entrypoint. Comes to its namespace. */
  evaluate(listener: SliceListener): Progress {
    return this.#enter(listener, () => {
      const { source, filename } = this.#extension;
      this.#linking = true;
      const result = evaluate(this.#realm.machine, this.#realm.pointers.ctx as never, source, 'module', filename);
      this.#linking = false;
      return this.#progress(this.#realm.own(result), listener);
    });
  }

  /** Hands the default export its functions. Comes to what it returned. */
  register(listener: SliceListener, namespace: Pointer): Progress {
    return this.#enter(listener, () => {
      const entry = this.#realm.get(namespace, 'default');
      if (this.#realm.isException(entry)) return this.#progress(entry, listener);
      return this.#progress(this.#realm.call(this.#prelude.register, this.#realm.newString(this.#extension.type), entry), listener);
    });
  }

  /** Ends the registration: a list of `[type, method or event or id, path]`, encoded. */
  registered(listener: SliceListener): Copied {
    return this.#enter(listener, () => {
      const realm = this.#realm;
      const list = this.#copy(realm.call(this.#prelude.registered));
      const count = realm.toNumber(realm.get(this.#prelude.handlers, 'length'));
      this.#handlers = Array.from({ length: count }, (_, i) => realm.keep(realm.get(this.#prelude.handlers, i)));
      return list;
    });
  }

  /** Calls a handler with an encoded argument, up to its first await that has to wait. */
  invoke(listener: SliceListener, handler: number, argument: Uint8Array): Progress {
    return this.#enter(listener, () => {
      const value = this.#decode(argument);
      return this.#progress(this.#realm.isException(value) ? value : this.#realm.call(this.#handlers[handler] ?? 0, value), listener);
    });
  }

  /** Answers a capability call and runs what waited for the answer. */
  settle(listener: SliceListener, promise: PromiseCapability, answer: SettlementWire): void {
    this.#enter(listener, () => {
      const realm = this.#realm;
      const value = answer.ok ? this.#decode(answer.value) : this.#newError(answer.error);
      if (realm.isException(value)) realm.call(promise.reject, realm.takeException(value) || realm.pointers.undefined);
      else realm.call(answer.ok ? promise.resolve : promise.reject, value);
      for (const pointer of [promise.promise, promise.resolve, promise.reject]) realm.own(pointer);
      realm.runJobs(listener.mustStop);
    });
  }

  /** What a promise that was pending has come to since. */
  poll(promise: Pointer): Progress {
    return this.#enter(undefined, () => this.#realm.stateOf(promise));
  }

  /** Keeps a value across slices in a sandbox that is not restored. */
  keep(value: Pointer): Pointer {
    return this.#enter(undefined, () => this.#realm.keep(value));
  }

  /** Copies a value out. May run guest code (getters), under the listener. */
  copy(listener: SliceListener, value: Pointer): Copied {
    return this.#enter(listener, () => this.#copy(value));
  }

  /** What was thrown as plain data (`describeThrown` of the prelude), encoded. Runs guest code. Undefined if even that failed. */
  describe(listener: SliceListener, thrown: Pointer): Uint8Array | undefined {
    return this.#enter(listener, () => {
      const description = this.#realm.call(this.#prelude.describeThrown, thrown);
      const copied = this.#realm.isException(description) ? undefined : this.#copy(description);
      return copied?.ok ? copied.bytes : undefined;
    });
  }

  /** Every entry into the instance. */
  #enter<T>(listener: SliceListener | undefined, run: () => T): T {
    this.#listener = listener;
    this.#callbackError = undefined;
    try {
      const result = run();
      if (this.#callbackError !== undefined) throw this.#callbackError;
      return result;
    } catch (error) {
      throw error instanceof PoisonedError ? error : new PoisonedError(String(error), { cause: error });
    } finally {
      this.#listener = undefined;
    }
  }

  #progress(result: Pointer, listener: SliceListener): Progress {
    const realm = this.#realm;
    if (realm.isException(result)) return { state: 'rejected', value: realm.takeException(result) };
    const progress = realm.stateOf(result);
    if (progress.state !== 'pending') return progress;
    realm.runJobs(listener.mustStop);
    return realm.stateOf(result);
  }

  #decode(encoded: Uint8Array): Pointer {
    const value = this.#realm.decode(encoded);
    return encoded[0] === FORM.table && !this.#realm.isException(value) ? this.#realm.call(this.#prelude.revive, value) : value;
  }

  /** @param lenient functions and symbols become placeholders, so that the host sees their type. */
  #copy(value: Pointer, lenient = false): Copied {
    const realm = this.#realm;
    const direct = realm.encode(value, FORM.direct);
    if (direct) return { ok: true, bytes: direct };
    const table = lenient ? realm.call(this.#prelude.flatten, value, realm.newNumber(1)) : realm.call(this.#prelude.flatten, value);
    if (realm.isException(table)) return { ok: false, thrown: realm.takeException(table) };
    const bytes = realm.encode(table, FORM.table);
    return bytes ? { ok: true, bytes } : { ok: false, thrown: 0 };
  }

  #newError({ name, message, code, properties = {} }: CapabilityErrorWire): Pointer {
    const parts = encodeValue([name, message, code, Object.keys(properties), Object.values(properties)]);
    return this.#realm.call(this.#prelude.makeError, this.#realm.decode(parts));
  }

  /** A native callback: what it throws is kept until the slice ends. */
  #protect(run: () => Pointer): Pointer {
    try {
      return run();
    } catch (error) {
      this.#callbackError = error;
      return 0;
    }
  }

  #onCall(argc: number, argv: Pointer, id: number): Pointer {
    const realm = this.#realm;
    if (id === KIND_OF) return realm.newNumber(argc > 0 ? realm.kindOf(argv) : 0);
    const listener = this.#listener;
    if (!listener) return 0;
    const index = id === WRITE_CONSOLE ? this.#extension.capabilities.findIndex(({ name }) => name === 'console') : id - FIRST_CAPABILITY;
    const capability = this.#extension.capabilities[index];
    if (!capability) return 0; // a console that nobody listens to
    const args: Uint8Array[] = [];
    if (capability.sync && !capability.granted) return this.#fail({ name: 'Error', message: `No permission to access "${capability.name}"`, code: 'E_SCOPE' });
    for (let i = 0; i < Math.min(argc, capability.parameters) || i < (capability.sync?.length ?? 0); i++) {
      const value = i < argc ? argv + i * 8 : realm.pointers.undefined;
      const parameter = capability.sync?.[i];
      if (parameter && realm.typeOf(value) !== parameter.type) {
        return this.#fail({ name: 'TypeError', message: `${parameter.label} has to be of type ${parameter.type}`, code: 'E_GUEST' });
      }
      const copied = this.#copy(value, true);
      if (!copied.ok) return realm.throw(copied.thrown || realm.pointers.undefined);
      args.push(copied.bytes);
    }
    return capability.sync ? this.#callSync(listener, index, args) : this.#callAsync(listener, index, args);
  }

  #callSync(listener: SliceListener, index: number, args: Uint8Array[]): Pointer {
    const error = listener.onSync(index, args);
    return error ? this.#fail(error) : 0;
  }

  #callAsync(listener: SliceListener, index: number, args: Uint8Array[]): Pointer {
    const promise = this.#realm.newPromise();
    const error = listener.onCapability(index, args, promise);
    if (error) this.#realm.call(promise.reject, this.#newError(error));
    return this.#realm.keep(promise.promise); // the guest's own reference
  }

  #fail(error: CapabilityErrorWire): Pointer {
    return this.#realm.throw(this.#newError(error));
  }

  #onImport(specifier: string): Pointer {
    const { capabilities } = this.#extension;
    if (this.#linking && capabilities.some(({ module }) => module === specifier)) return newCString(this.#realm.machine, specifier).at;
    const message = this.#linking ? 'Imports other than "directus:api" are prohibited in API extension sandboxes' : 'Not supported';
    this.#fail({ name: 'Error', message, code: this.#linking ? 'E_LOAD' : 'E_GUEST' });
    return 0;
  }

  #prepare(): void {
    const realm = this.#realm;
    const { nodeEnv } = this.#extension;
    const { machine, pointers } = realm;
    const prelude = realm.own(evaluate(machine, pointers.ctx as never, PRELUDE));
    const env = nodeEnv === null ? machine.ffi.QTS_GetNull() : realm.newString(nodeEnv);
    const functions = realm.call(prelude, realm.newFunction('kindOf', KIND_OF), realm.newFunction('writeConsole', WRITE_CONSOLE), env);
    if (realm.isException(functions)) throw new PoisonedError('the prelude failed');
    for (const [i, name] of PRELUDE_FUNCTIONS.entries()) this.#prelude[name] = realm.keep(realm.get(functions, i));
    this.#defineModules();
    realm.release();
  }

  /** Modules are real ES modules over native functions, which pass through a global for a moment, before guest code exists. */
  #defineModules(): void {
    const realm = this.#realm;
    const { machine, pointers } = realm;
    const global = realm.global();
    const carrier = realm.newObject();
    for (const [i, { name }] of this.#extension.capabilities.entries()) {
      realm.set(carrier, String(i), realm.newFunction(name.split('.').at(-1)!, FIRST_CAPABILITY + i));
    }
    realm.set(global, 'sandglass', carrier);
    for (const [module, text] of moduleTexts(this.#extension.capabilities)) {
      const result = evaluate(machine, pointers.ctx as never, text, 'module', module);
      if (realm.isException(realm.own(result))) throw new PoisonedError(`module "${module}" failed`);
    }
    const result = evaluate(machine, pointers.ctx as never, 'delete globalThis.sandglass');
    if (realm.isException(realm.own(result))) throw new PoisonedError('the realm cannot be closed');
    realm.runJobs(() => false);
  }
}

/** ES module text by specifier, over the functions in `globalThis.sandglass`. `items.read` is a member of the export `items`. */
function moduleTexts(capabilities: readonly CapabilityWire[]): Map<string, string> {
  const modules = new Map<string, Map<string, string>>();
  for (const [i, { name, module }] of capabilities.entries()) {
    if (module === '') continue; // the console is a global
    const exports = modules.get(module) ?? new Map<string, string>();
    const [object = '', member] = name.split('.');
    exports.set(object, member === undefined ? `sandglass[${i}]` : `${exports.get(object) ?? ''}${member}: sandglass[${i}], `);
    modules.set(module, exports);
  }
  const isObject = (name: string): boolean => capabilities.some((capability) => capability.name.startsWith(`${name}.`));
  const toExport = ([name, value]: [string, string]): string => `export const ${name} = ${isObject(name) ? `Object.freeze({ ${value} })` : value};`;
  return new Map([...modules].map(([module, exports]) => [module, [...exports].map(toExport).join('\n')]));
}

/** Static data and the C stack come on top: they are not charged to the guest. */
function pagesFor(layout: Layout, extension: ExtensionWire): number {
  return Math.ceil((layout.heapBase + extension.limits.memoryLimitBytes) / WASM_PAGE_BYTES);
}
