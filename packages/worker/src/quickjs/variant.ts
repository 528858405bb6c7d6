import type { EmscriptenModuleLoader, QuickJSEmscriptenModule, QuickJSFFI } from '@jitl/quickjs-ffi-types';

import * as glue from '@jitl/quickjs-wasmfile-release-sync/emscripten-module';
import { QuickJSFFI as FFI } from '@jitl/quickjs-wasmfile-release-sync/ffi';

/** Functions over the exports of the stock binary. */
export const createFFI = (module: QuickJSEmscriptenModule): QuickJSFFI => new FFI(module);

type Loader = EmscriptenModuleLoader<QuickJSEmscriptenModule>;

/**
 * The package's types describe another of its forms than the one that a runtime gets; bundlers may
 * wrap it once more.
 */
const { default: loader } = glue as unknown as { default: Loader | { default: Loader } };

/** Instantiates the stock binary, or what it is given instead. */
export const loadEngine: Loader = typeof loader === 'function' ? loader : loader.default;
