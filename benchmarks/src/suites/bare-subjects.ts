import { newQuickJSWASMModuleFromVariant, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten-core';

import type { Subject } from '../run/subject.js';

/**
 * A handler to call in quickjs-emscripten as it comes from npm: the same engine without Sandglass.
 */
export interface BareInput {
  /** Classic script that leaves `handler` on the global object. */
  script: string;
  argument: unknown;
  /** `json`: both ways as JSON text. `dump`: in as JSON text, out through `dump()`. */
  crossing: 'json' | 'dump';
}

/** `callFunction` in one context, which keeps whatever the handler leaves behind. */
export async function openCallFunction({ script, argument, crossing }: BareInput): Promise<Subject> {
  const context = (await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-wasmfile-release-sync'))).newContext();
  const handler = prepare(context, script, crossing);
  return {
    run: () => handler.invoke(argument),
    close() {
      handler[Symbol.dispose]();
      context.dispose();
    },
  };
}

/** A new context for each call. */
export async function openFreshContext({ script, argument, crossing }: BareInput): Promise<Subject> {
  const quickjs = await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-wasmfile-release-sync'));
  return {
    run() {
      using context = quickjs.newContext();
      using handler = prepare(context, script, crossing);
      return handler.invoke(argument);
    },
  };
}

/** A string of the argument's JSON, into the guest and out again: the crossing alone. */
export async function openStringCrossing({ argument }: BareInput): Promise<Subject> {
  const context = (await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-wasmfile-release-sync'))).newContext();
  const text = JSON.stringify(argument);
  return {
    run: () => context.newString(text).consume((handle) => context.getString(handle)),
    close: () => context.dispose(),
  };
}

/** Plain V8, no sandbox: what a JIT makes of the same handler. */
export function openPlain({ script, argument }: BareInput): Subject {
  const handler = new Function(`${script}\nreturn handler;`)() as (argument: unknown) => unknown; // oxlint-disable-line no-new-func -- the suite's own source
  return { run: () => handler(argument) };
}

interface Handler extends Disposable {
  invoke(argument: unknown): unknown;
}

function prepare(context: QuickJSContext, script: string, crossing: BareInput['crossing']): Handler {
  const wrapper =
    crossing === 'json' ? '(text) => JSON.stringify(handler(JSON.parse(text)))' : '(text) => handler(JSON.parse(text))';
  const invoker = context.unwrapResult(context.evalCode(`${script};\n${wrapper}`));
  const receive = (handle: QuickJSHandle): unknown =>
    crossing === 'json' ? JSON.parse(context.getString(handle)) : context.dump(handle);
  return {
    invoke(argument) {
      using text = context.newString(JSON.stringify(argument));
      using result = context.unwrapResult(context.callFunction(invoker, context.undefined, text));
      return receive(result);
    },
    [Symbol.dispose]: () => invoker.dispose(),
  };
}
