import type {
  EmscriptenModuleCallbacks,
  EmscriptenModuleLoader,
  QuickJSEmscriptenModule,
  QuickJSFFI,
} from '@jitl/quickjs-ffi-types';

import * as glue from '@jitl/quickjs-wasmfile-release-sync/emscripten-module';
import { QuickJSFFI as FFI } from '@jitl/quickjs-wasmfile-release-sync/ffi';

/** A number in place of the package's own types of pointers and flags. */
type Plain<T> = T extends number ? number : T;

type PlainFunction<F> = F extends (...args: infer Args) => infer Result
  ? (...args: { [Index in keyof Args]: Plain<Args[Index]> }) => Plain<Result>
  : F;

/**
 * An interface of the package whose functions take and return numbers: a snapshot has pointers as
 * numbers.
 */
type PlainFunctions<T> = { [Name in keyof T]: PlainFunction<T[Name]> };

/** Functions over the exports of the stock binary. */
export type StockFunctions = PlainFunctions<QuickJSFFI>;

/** What the engine calls of its host. */
export type EngineCallbacks = PlainFunctions<EmscriptenModuleCallbacks>;

export function createFFI(module: QuickJSEmscriptenModule): StockFunctions {
  return new FFI(module) as unknown as StockFunctions; // the types alone differ
}

export function setCallbacks(module: QuickJSEmscriptenModule, callbacks: EngineCallbacks): void {
  module.callbacks = callbacks as unknown as EmscriptenModuleCallbacks; // as above
}

type Loader = EmscriptenModuleLoader<QuickJSEmscriptenModule>;

/**
 * The package's types describe another module format than the one that a runtime loads; bundlers
 * may add a second `default`.
 */
const { default: loader } = glue as unknown as { default: Loader | { default: Loader } };

/** Instantiates the stock binary, or what it is given instead. */
export const loadEngine: Loader = typeof loader === 'function' ? loader : loader.default;
