import type { EngineModule } from '@sandglass/core';
import type {
  EmscriptenModuleCallbacks,
  EmscriptenModuleLoader,
  QuickJSEmscriptenModule,
  QuickJSFFI,
  QuickJSSyncVariant,
} from '@jitl/quickjs-ffi-types';

import * as releaseSync from '@jitl/quickjs-wasmfile-release-sync';

import { createCardMemory, type CardMemory } from './cards.js';
import { replaceEnvironment } from './environment.js';
import { replaceImport } from './imports.js';
import { replaceLocalTime } from './utc.js';

const WASM_PAGE_BYTES = 65_536;

/** What the binary's import of its memory asks for: 16 MiB. */
const MIN_PAGES = 256;

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
const variant: QuickJSSyncVariant =
  'importFFI' in releaseSync.default
    ? (releaseSync.default as unknown as QuickJSSyncVariant)
    : releaseSync.default.default;

/** Where the heap lies, and what happened to allocations beyond its end. */
export interface Heap {
  /** First byte that the engine allocates. The heap ends with the memory. */
  start: number;
  /** End of the heap, in bytes, that the last refused allocation asked for; 0 while none was. The owner resets it. */
  refusedBytes: number;
  /** While set, a refused allocation throws through the instance and so ends it: for natives that would go on without memory for minutes. */
  strict: boolean;
}

/** One WASM instance of QuickJS with a linear memory of its own, and the raw functions that drive it. */
export interface Machine extends CardMemory {
  readonly ffi: QuickJSFFI;
  readonly module: QuickJSEmscriptenModule;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly hooks: MachineHooks;
  readonly heap: Heap;
}

const INERT: MachineHooks = { callFunction: () => 0, shouldInterrupt: () => 0, normalizeModule: () => 0 };

/**
 * Instantiates the engine in a memory of fixed size: growth is refused, so that running out is an exception that the guest
 * can catch and the instance survives.
 *
 * @param leastBytes of linear memory, static data and C stack (5.3 MB) included; rounded up.
 */
export async function createMachine(engine: EngineModule, leastBytes: number): Promise<Machine> {
  const pages = Math.max(MIN_PAGES, Math.ceil(leastBytes / WASM_PAGE_BYTES));
  const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const heap: Heap = { start: 0, refusedBytes: 0, strict: false };
  const [FFI, loader] = await Promise.all([variant.importFFI(), variant.importModuleLoader()]);
  const options = {
    wasmMemory,
    thisProgram: 'sandglass', // else the host's path ends up in the guest's memory
    print: silent,
    printErr: silent,
    instantiateWasm(imports: WebAssembly.Imports, onSuccess: (instance: WebAssembly.Instance) => void) {
      replaceLocalTime(imports, wasmMemory);
      replaceEnvironment(imports, wasmMemory);
      replaceImport(imports, [/\.grow\(/], (bytes: number) => refuse(heap, bytes >>> 0));
      const instance = new WebAssembly.Instance(engine.wasm, imports);
      onSuccess(instance);
      return instance.exports;
    },
  };
  const module = await toLoader(loader)(options);
  const hooks = { ...INERT };
  module.callbacks = toCallbacks(hooks);
  const buffer = wasmMemory.buffer as ArrayBuffer; // not shared
  return {
    ffi: new FFI(module),
    module,
    words: new Uint32Array(buffer),
    ...createCardMemory(buffer),
    view: new DataView(buffer),
    hooks,
    heap,
  };
}

/** Stands for `emscripten_resize_heap`: 0 makes `malloc` fail. */
function refuse(heap: Heap, bytes: number): 0 {
  heap.refusedBytes = bytes;
  if (heap.strict) throw new RangeError('the heap is full');
  return 0;
}

function toLoader(
  imported: Awaited<ReturnType<QuickJSSyncVariant['importModuleLoader']>>,
): EmscriptenModuleLoader<QuickJSEmscriptenModule> {
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
