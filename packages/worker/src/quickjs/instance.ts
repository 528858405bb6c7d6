import type { EngineModule } from '@sandglass/core';
import type { QuickJSEmscriptenModule } from '@jitl/quickjs-ffi-types';

import { CardCopies, createCardMemory, markWritten, takeDirtyCards, type CardMemory } from './memory/cards.js';
import { QUESTION, QUESTION_BYTES, QUESTION_MASK, type AddedFunctions } from './additions.js';
import { NO_ENTRY } from './instance-table.js';
import { replaceEnvironment } from './imports/environment.js';
import { replaceImport } from './imports/replace-import.js';
import { replaceLocalTime } from './imports/utc.js';
import { parseNumber, printNumber } from './numbers.js';
import { createFFI, loadEngine, setCallbacks, type EngineCallbacks, type StockFunctions } from './variant.js';

const WASM_PAGE_BYTES = 65_536;

/** A heap that is full grows by half. */
const GROWTH = 0.5;

type Callback<Name extends keyof EngineCallbacks> = EngineCallbacks[Name] extends (
  asyncify: never,
  ...args: infer Args
) => unknown
  ? (...args: Args) => number
  : never;

/**
 * Functions that the engine calls on its host while guest code runs. One that throws ends the
 * instance: an exception through WebAssembly poisons it.
 */
export interface InstanceHooks {
  /** A host function was called; returns a JSValue pointer, 0 for undefined. */
  callFunction: Callback<'callFunction'>;
  /**
   * 1 ends the running guest code with an error that it cannot catch. Polled about every 10,000
   * branches and calls.
   */
  shouldInterrupt: () => 0 | 1;
  /**
   * Asked every 65,536 iterations of the engine's own loops (`engine/loop-fuel.ts`). Throws to end
   * the instance, and only then.
   */
  onLoopFuelSpent: () => void;
  /**
   * Asks whether the memory may grow by so many bytes, and charges them. A negative number takes a
   * charge back, because the memory could not grow.
   */
  mayGrow: (bytes: number) => boolean;
  /**
   * Answers an import specifier with a pointer to the module's name, or throws into the guest and
   * returns 0.
   */
  normalizeModule: Callback<'normalizeModule'>;
  /**
   * A promise was rejected that nobody handles yet, or somebody handles one by now.
   *
   * @param promise pointers to values that are the engine's
   */
  onRejection: (promise: number, reason: number, isHandled: boolean) => void;
}

/** Where the heap lies, and what happened to allocations beyond its end. */
export interface Heap {
  /** First byte that the engine allocates. */
  start: number;
  /** One past its last byte: the end of the memory when it has grown all it may. */
  readonly end: number;
  /**
   * End of the heap, in bytes, that the last refused allocation asked for; 0 while none was. The
   * owner resets it.
   */
  refusedBytes: number;
  /**
   * Whether an allocation was refused because `mayGrow` said no, although the heap may be so large.
   * The owner resets it.
   */
  isShort: boolean;
}

/**
 * One WASM instance of QuickJS with a linear memory of its own, and the raw functions that drive
 * it. Any of these may make the memory grow: what shows it (`bytes`, `words`, ...) is another
 * object then, and must be read anew.
 */
export interface Instance extends MemoryViews {
  readonly memory: WebAssembly.Memory;
  readonly ffi: StockFunctions;
  readonly module: QuickJSEmscriptenModule;
  readonly hooks: InstanceHooks;
  readonly heap: Heap;
  /** What `engine/instrument.ts` adds. */
  readonly functions: AddedFunctions;
  readonly copies: CardCopies;
  /** Its index in the {@link InstanceTable}, while a sandbox has it. */
  entry: number;
  /** Ranges that a snapshot has filled without marking them: `[address, byte length]`. */
  image: readonly (readonly [number, number])[];
  /**
   * Writes the start state of the instance into a memory of zeros.
   *
   * @param staticImage the data that its binary begins with
   */
  begin: (staticImage: Uint32Array) => void;
}

interface MemoryViews extends CardMemory {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
}

/**
 * Linear memory, static data and C stack (5.3 MB) included, in whole WASM pages: see
 * `toWholePages`.
 */
export interface MemorySize {
  /** What it may grow to. */
  maxBytes: number;
  /** @default `maxBytes` */
  initialBytes?: number;
}

/** A size in bytes, rounded up. */
export function toWholePages(bytes: number): number {
  return toPages(bytes) * WASM_PAGE_BYTES;
}

const INERT: InstanceHooks = {
  callFunction: () => 0,
  shouldInterrupt: () => 0,
  onLoopFuelSpent: silent,
  mayGrow: () => true,
  normalizeModule: () => 0,
  onRejection: silent,
};

/**
 * Instantiates the engine. Running out of memory is an exception that the guest can catch and the
 * instance survives.
 *
 * The memory begins small, since V8 collects garbage for every 32 MB or so of memories that are
 * made, used or not.
 *
 * @param used a memory of zeros that may grow as much.
 */
export async function createInstance(
  engine: EngineModule,
  { maxBytes, initialBytes = maxBytes }: MemorySize,
  used?: WebAssembly.Memory,
): Promise<Instance> {
  const maximum = toPages(maxBytes);
  const initial = Math.min(toPages(initialBytes), maximum);
  const memory = used ?? new WebAssembly.Memory({ initial, maximum });
  const missing = initial - toPages(memory.buffer.byteLength);
  if (missing > 0) memory.grow(missing); // a used one
  const heap: Heap = { start: 0, end: maximum * WASM_PAGE_BYTES, refusedBytes: 0, isShort: false };
  const views = viewsOf(memory);
  const hooks = { ...INERT };
  let added!: AddedFunctions;
  const options = {
    wasmMemory: memory,
    thisProgram: 'sandglass', // else the host's path ends up in the guest's memory
    print: silent,
    printErr: silent,
    instantiateWasm(imports: WebAssembly.Imports, onSuccess: (instance: WebAssembly.Instance) => void) {
      replaceLocalTime(imports, memory);
      replaceEnvironment(imports, memory);
      const refreshGlue = replaceImport(imports, [/\.grow\(/], (bytes: number) => {
        if (!grow(memory, heap, hooks, bytes >>> 0)) {
          if (added.strict.value === 1) throw new RangeError('the heap is full');
          return 0;
        }
        refreshGlue(memory.buffer.byteLength);
        Object.assign(views, viewsOf(memory));
        return 1;
      });
      const instance = new WebAssembly.Instance(engine.wasm, imports);
      added = instance.exports as unknown as AddedFunctions; // `isTracked` has seen to it
      onSuccess(instance);
      return instance.exports;
    },
  };
  const module = await loadEngine(options);
  setCallbacks(module, toCallbacks(hooks, views));
  const own = {
    ffi: createFFI(module),
    module,
    memory,
    hooks,
    heap,
    functions: added,
    copies: new CardCopies(),
    entry: NO_ENTRY,
    image: [],
    begin: keepStart(views),
  };
  return Object.assign(views, own);
}

/** Keeps what an instance has written until now. @returns see `Instance.begin` */
function keepStart(views: MemoryViews): Instance['begin'] {
  const started = takeDirtyCards(views, 0, views.bytes.length).map(({ at, length }) => {
    markWritten(views, at, length);
    return { at, bytes: views.bytes.slice(at, at + length) };
  });
  return (staticImage) => {
    views.words.set(staticImage);
    for (const { at, bytes } of started) {
      views.bytes.set(bytes, at);
      markWritten(views, at, bytes.length);
    }
  };
}

function toPages(bytes: number): number {
  return Math.ceil(bytes / WASM_PAGE_BYTES);
}

function viewsOf(memory: WebAssembly.Memory): MemoryViews {
  const buffer = memory.buffer as ArrayBuffer; // not shared
  return { words: new Uint32Array(buffer), view: new DataView(buffer), ...createCardMemory(buffer) };
}

/**
 * Stands for `emscripten_resize_heap`.
 *
 * @returns whether there is room for so many bytes now; if not, `malloc` fails
 */
function grow(memory: WebAssembly.Memory, heap: Heap, hooks: InstanceHooks, bytes: number): boolean {
  const current = memory.buffer.byteLength;
  const wanted = Math.min(heap.end, Math.max(bytes, current + (current - heap.start) * GROWTH));
  heap.isShort = bytes <= heap.end;
  if (heap.isShort) {
    for (const size of [wanted, bytes]) {
      const more = toPages(size) - toPages(current);
      if (!hooks.mayGrow(more * WASM_PAGE_BYTES)) continue;
      try {
        memory.grow(more);
        heap.isShort = false;
        return true;
      } catch {
        hooks.mayGrow(-more * WASM_PAGE_BYTES); // the address space has no more
      }
    }
  }
  heap.refusedBytes = bytes;
  return false;
}

/** The argument of a loop's poll: the interrupt handler gets a runtime there, which is never 0. */
const NO_RUNTIME = 0;

function silent(): void {}

/** Synchronous builds pass no asyncify. */
function toCallbacks(hooks: InstanceHooks, views: MemoryViews): EngineCallbacks {
  const answer = (question: number, at: number): void => {
    if (question === QUESTION.print) printNumber(views, at);
    else if (question === QUESTION.parse) parseNumber(views, at);
    else {
      const { promise, reason } = QUESTION_BYTES;
      hooks.onRejection(at + promise, at + reason, question === QUESTION.handled);
    }
  };
  return {
    freeHostRef: silent,
    callFunction: (_asyncify, ...args) => hooks.callFunction(...args),
    shouldInterrupt: (_asyncify, runtime) => {
      if (runtime === NO_RUNTIME) hooks.onLoopFuelSpent();
      else if ((runtime & 1) === 0) return hooks.shouldInterrupt();
      else answer(runtime & QUESTION_MASK, runtime & ~QUESTION_MASK);
      return 0;
    },
    loadModuleSource: () => 0, // normalizeModule lets only loaded modules through
    normalizeModule: (_asyncify, ...args) => hooks.normalizeModule(...args),
  };
}
