import binaryen from 'binaryen';

/**
 * Sizes, in binaryen's measure, up to which a function is inlined: wherever it is called; if it has
 * neither a loop nor a call; if it is called once. The stock binary is built for size and has small
 * functions.
 *
 * Larger ones make the function that interprets bytecode so large that V8 (of Node 20) gives it a
 * register allocator that is quicker and worse: docs/decisions/small-functions-are-inlined.md.
 */
const INLINED = { always: 25, flexible: 60, oneCaller: 60 };

/** What the binaries of quickjs-emscripten use of WebAssembly. */
const FEATURES =
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt |
  binaryen.Features.MutableGlobals |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.ReferenceTypes |
  binaryen.Features.SignExt;

/** Inlines and optimises the engine's functions. The same input gives the same bytes. */
export function optimise(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const module = binaryen.readBinary(binary);
  try {
    module.setFeatures(FEATURES);
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(0);
    binaryen.setAlwaysInlineMaxSize(INLINED.always);
    binaryen.setFlexibleInlineMaxSize(INLINED.flexible);
    binaryen.setOneCallerInlineMaxSize(INLINED.oneCaller);
    module.optimize();
    return Uint8Array.from(module.emitBinary());
  } finally {
    module.dispose();
  }
}
