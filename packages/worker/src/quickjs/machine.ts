import type { EngineModule } from '@sandglass/core';
import type { EmscriptenModuleCallbacks, QuickJSEmscriptenModule, QuickJSFFI } from '@jitl/quickjs-ffi-types';

import { createCardMemory, type CardMemory } from './cards.js';
import { replaceEnvironment } from './environment.js';
import { replaceImport } from './imports.js';
import type { SpareMemories } from './spare-memories.js';
import { replaceLocalTime } from './utc.js';
import { createFFI, loadMachine } from './variant.js';

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
  /** Asked every 65,536 turns of the engine's own loops (`count-loops.ts`). Throws to end the instance, and only then. */
  onTurns: () => void;
  /** Answers an import specifier with a pointer to the module's name, or throws into the guest and returns 0. */
  normalizeModule: Callback<'normalizeModule'>;
}

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
  readonly memory: WebAssembly.Memory;
  readonly ffi: QuickJSFFI;
  readonly module: QuickJSEmscriptenModule;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly hooks: MachineHooks;
  readonly heap: Heap;
}

const INERT: MachineHooks = {
  callFunction: () => 0,
  shouldInterrupt: () => 0,
  onTurns: silent,
  normalizeModule: () => 0,
};

/**
 * Instantiates the engine in a memory of fixed size: growth is refused, so that running out is an exception that the guest
 * can catch and the instance survives.
 *
 * @param leastBytes of linear memory, static data and C stack (5.3 MB) included; rounded up.
 * @param spare where a used memory of that size may be found.
 */
export async function createMachine(engine: EngineModule, leastBytes: number, spare?: SpareMemories): Promise<Machine> {
  const pages = Math.max(MIN_PAGES, Math.ceil(leastBytes / WASM_PAGE_BYTES));
  const wasmMemory = spare?.take(pages * WASM_PAGE_BYTES) ?? new WebAssembly.Memory({ initial: pages, maximum: pages });
  const heap: Heap = { start: 0, refusedBytes: 0, strict: false };
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
  const module = await loadMachine(options);
  const hooks = { ...INERT };
  module.callbacks = toCallbacks(hooks);
  const buffer = wasmMemory.buffer as ArrayBuffer; // not shared
  return {
    ffi: createFFI(module),
    module,
    memory: wasmMemory,
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

/** What loops ask with, in the place of the runtime that the interrupt handler gets. */
const NO_RUNTIME = 0;

function silent(): void {}

/** Synchronous builds pass no asyncify; pointers are branded numbers. */
function toCallbacks(hooks: MachineHooks): EmscriptenModuleCallbacks {
  return {
    freeHostRef: silent,
    callFunction: (_asyncify, ...args) => hooks.callFunction(...args) as never,
    shouldInterrupt: (_asyncify, runtime) => {
      if (runtime !== NO_RUNTIME) return hooks.shouldInterrupt();
      hooks.onTurns();
      return 0;
    },
    loadModuleSource: () => 0 as never, // normalizeModule lets only loaded modules through
    normalizeModule: (_asyncify, ...args) => hooks.normalizeModule(...args) as never,
  };
}
