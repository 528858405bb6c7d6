import { type CapabilityWire, type ExtensionWire, isSandglassError, SandglassError } from '@sandglass/core';

import type { Extension } from './extension.js';
import { findLoop } from './find-loop.js';
import { firstPosition, nameCallee } from './name-callee.js';

/**
 * Maps the stack of what a guest threw to its author's files, names what was not a function and the
 * loop that was ended, in place, and returns the error.
 */
export function mapGuestStack(error: unknown, { mapStack, wire }: Pick<Extension, 'mapStack' | 'wire'>): unknown {
  if (!isSandglassError(error)) return error;
  const { cause, code } = error;
  if (!(cause instanceof Error) || typeof cause.stack !== 'string') return error;
  if (cause.message === NO_FUNCTION) {
    cause.message = nameCallee(cause.stack, wire) ?? NO_FUNCTION;
    error.message = error.message.replace(NO_FUNCTION, () => cause.message);
  }
  setStack(cause, mapStack(code === 'E_CPU' ? atLoop(cause.stack, wire) : cause.stack));
  return error;
}

/** The stack with the loop that was running as its innermost position. */
function atLoop(stack: string, { source, filename }: Pick<ExtensionWire, 'source' | 'filename'>): string {
  const position = firstPosition(stack, filename);
  const loop = position && findLoop(source, position);
  return loop ? stack.replace(/:\d+:\d+\)/, `:${loop.line}:${loop.column})`) : stack;
}

/**
 * The error of an extension that did not load: what went wrong, with the extension's name in front.
 * It adds what the engine leaves out: the position of an import, and the name of what is not a
 * function.
 */
export async function toLoadError(
  error: unknown,
  extension: Pick<Extension, 'mapStack' | 'name' | 'wire'>,
): Promise<unknown> {
  if (!isSandglassError(error)) return error;
  mapGuestStack(error, extension);
  const { code, cause, limit } = error;
  const { name } = extension;
  const position = cause instanceof Error && code === 'E_LOAD' ? await locateImport(cause, extension) : '';
  return new SandglassError(code, `Cannot load "${name}": ${error.message}${position}`, {
    extension: name,
    limit,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The engine's message for a call of a value that is not a function. */
const NO_FUNCTION = 'not a function';
const PROHIBITED = /^Imports other than /;
const NO_EXPORT = /^Could not find export '(.*)' in module '(.*)'$/s;
/** Characters of a specifier that are shown. */
const MAX_SHOWN = 200;

/**
 * Finds the import that the engine refused, and makes its position the stack of the error.
 *
 * @returns what to say of it, to be added to the message; empty if it is none.
 */
async function locateImport(cause: Error, extension: Pick<Extension, 'mapStack' | 'wire'>): Promise<string> {
  const [, missing, from] = NO_EXPORT.exec(cause.message) ?? [];
  if (missing === undefined && !PROHIBITED.test(cause.message)) return '';
  const { source, filename, capabilities } = extension.wire;
  const [{ scan }, { LineIndex }] = await Promise.all([import('./scan-module.js'), import('./line-index.js')]);
  const { imports } = await scan(source);
  const wanted = imports.find(({ specifier }) =>
    missing === undefined ? capabilities.every(({ module }) => module !== specifier) : specifier === from,
  );
  if (!wanted) return '';
  const start = wanted.words.find(({ text }) => text === missing)?.start ?? wanted.start;
  const { line, column } = new LineIndex(source).positionOf(start);
  const frame = extension.mapStack(`    at <module> (${filename}:${line}:${column})`);
  setStack(cause, frame);
  const where = / \((.*)\)$/.exec(frame)?.[1] ?? filename;
  const what =
    missing === undefined
      ? `"${wanted.specifier.slice(0, MAX_SHOWN)}"; sandglass build bundles what can be bundled`
      : `it has ${exportsOf(wanted.specifier, capabilities)}`;
  return `: ${what} (${where})`;
}

function exportsOf(specifier: string, capabilities: readonly CapabilityWire[]): string {
  const names = capabilities.filter(({ module }) => module === specifier).map(({ name }) => name.split('.', 1)[0]);
  return [...new Set(names)].join(', ');
}

function setStack(error: Error, stack: string): void {
  Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true });
}
