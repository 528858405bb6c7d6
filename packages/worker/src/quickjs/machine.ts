import type { EngineModule } from '@sandglass/core';
import type { EmscriptenModuleCallbacks, EmscriptenModuleLoader, QuickJSEmscriptenModule, QuickJSFFI, QuickJSSyncVariant } from '@jitl/quickjs-ffi-types';

import * as releaseSync from '@jitl/quickjs-wasmfile-release-sync';

import { replaceLocalTime } from './utc.js';

export const WASM_PAGE_BYTES = 65_536;

type Callback<Name extends keyof EmscriptenModuleCallbacks> = EmscriptenModuleCallbacks[Name] extends (
  asyncify: never,
  ...args: infer Args
) => unknown
  ? (...args: Args) => number
  : never;

/** What the engine asks of its host while guest code runs. None may throw: an exception through WASM poisons the instance. */
export interface MachineHooks {
  /** A host function was called; returns a JSValue pointer, 0 for undefined. */
  callFunction: Callback<'callFunction'>;
  /** 1 ends the running guest code with an error that it cannot catch. Polled about every 10,000 branches and calls. */
  shouldInterrupt: () => 0 | 1;
  /** Answers an import specifier with a pointer to the module's name, or throws into the guest and returns 0. */
  normalizeModule: Callback<'normalizeModule'>;
}

/** The package's types describe its CommonJS form; as a module its default export is the variant itself. */
const variant: QuickJSSyncVariant = 'importFFI' in releaseSync.default ? (releaseSync.default as unknown as QuickJSSyncVariant) : releaseSync.default.default;

/** One WASM instance of QuickJS with a linear memory of its own, and the raw functions that drive it. */
export interface Machine {
  readonly ffi: QuickJSFFI;
  readonly module: QuickJSEmscriptenModule;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly hooks: MachineHooks;
  /** Set when an allocation met the end of the memory. The owner resets it. */
  exhausted: boolean;
}

const INERT: MachineHooks = { callFunction: () => 0, shouldInterrupt: () => 0, normalizeModule: () => 0 };

/**
 * Instantiates the engine in a memory of fixed size: growth is refused, so that running out is an exception that the guest
 * can catch and the instance survives.
 *
 * @param pages size of the linear memory in 64 KiB pages, static data and C stack (5.3 MB) included.
 */
export async function createMachine(engine: EngineModule, pages: number): Promise<Machine> {
  const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const [FFI, loader] = await Promise.all([variant.importFFI(), variant.importModuleLoader()]);
  const load = toLoader(loader);
  const options = {
    wasmMemory,
    thisProgram: 'sandglass', // else the host's path ends up in the guest's memory
    print: silent,
    printErr: silent,
    instantiateWasm(imports: WebAssembly.Imports, onSuccess: (instance: WebAssembly.Instance) => void) {
      replaceLocalTime(imports, wasmMemory);
      const instance = new WebAssembly.Instance(engine.wasm, imports);
      onSuccess(instance);
      return instance.exports;
    },
  };
  const module = await load(options);
  const machine: Machine = {
    ffi: new FFI(module),
    module,
    bytes: new Uint8Array(wasmMemory.buffer as ArrayBuffer),
    words: new Uint32Array(wasmMemory.buffer as ArrayBuffer),
    view: new DataView(wasmMemory.buffer as ArrayBuffer),
    hooks: { ...INERT },
    exhausted: false,
  };
  wasmMemory.grow = (): number => {
    machine.exhausted = true;
    throw new RangeError('the memory has a fixed size');
  };
  module.callbacks = toCallbacks(machine.hooks);
  return machine;
}

function toLoader(imported: Awaited<ReturnType<QuickJSSyncVariant['importModuleLoader']>>): EmscriptenModuleLoader<QuickJSEmscriptenModule> {
  if (typeof imported === 'function') return imported;
  return typeof imported.default === 'function' ? imported.default : imported.default.default;
}

function silent(): void {}

/** Synchronous builds pass no asyncify; pointers are branded numbers. */
function toCallbacks(hooks: MachineHooks): EmscriptenModuleCallbacks {
  return {
    freeHostRef: silent,
    callFunction: (_asyncify, ...args) => hooks.callFunction(...args) as never,
    shouldInterrupt: () => hooks.shouldInterrupt(),
    loadModuleSource: () => 0 as never, // normalizeModule lets only loaded modules through
    normalizeModule: (_asyncify, ...args) => hooks.normalizeModule(...args) as never,
  };
}
