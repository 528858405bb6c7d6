import { isSandglassError, SandglassError } from '../errors.js';

/**
 * Values that JSON may be written of where references are shared, each counted wherever it stands:
 * writing that many takes up to 40 ms. Where nothing is shared, the length alone is the limit.
 */
const MAX_VALUES = 262_144;
/** Values that are searched for what has no JSON, and characters of the place that is told. */
const MAX_SEARCHED = 1_000;
const MAX_PATH_LENGTH = 200;

/**
 * Serialises a value as `JSON.stringify` does, in bounded time: shared references and sparse arrays
 * can make the text of a small value endless.
 *
 * @param maxLength characters of text, counted roughly, and values in all; 262,144 values at the
 *   most.
 * @returns undefined for what JSON has no text for: undefined.
 * @throws {SandglassError} `E_CLONE` for a cycle, a BigInt or too deep nesting, `E_QUOTA` over the
 *   limits.
 */
export function stringifyJson(value: unknown, maxLength: number): string | undefined {
  try {
    return JSON.stringify(value, createGuard(maxLength));
  } catch (error) {
    if (isSandglassError(error)) throw error;
    // V8 foresees it
    if (error instanceof RangeError && error.message.includes('length')) throw tooLong(maxLength);
    throw new SandglassError('E_CLONE', `Cannot serialise the result as JSON: ${reasonOf(error, value)}`, {
      cause: error,
    });
  }
}

/** A replacer that changes nothing and counts. Bytes count before their indices are listed. */
function createGuard(maxLength: number): (key: string, value: unknown) => unknown {
  let left = maxLength;
  let values = MAX_VALUES;
  return (key, value) => {
    const own =
      typeof value === 'string'
        ? value.length
        : Array.isArray(value)
          ? 0
          : ArrayBuffer.isView(value)
            ? value.byteLength
            : 0;
    left -= 1 + key.length + own;
    values -= 1 + (Array.isArray(value) ? value.length : own === 0 || typeof value === 'string' ? 0 : own);
    if (left < 0) throw tooLong(maxLength);
    if (values < 0) throw tooManyValues();
    return value;
  };
}

/** The error of a result whose JSON is longer than it may be. */
export function tooLong(maxLength: number): SandglassError {
  return new SandglassError(
    'E_QUOTA',
    `Cannot serialise the result as JSON: it is longer than maxResultBytes, which is ${maxLength}`,
    { limit: { name: 'maxResultBytes', value: maxLength } },
  );
}

/** The error of a result that shares so much that its JSON has too many values. */
export function tooManyValues(): SandglassError {
  return new SandglassError(
    'E_QUOTA',
    `Cannot serialise the result as JSON: it comes to more than ${MAX_VALUES} values, shared ones counted wherever they stand`,
  );
}

/** The error of a value that JSON has no text for. */
export function notJson(reason: string, cause?: unknown): SandglassError {
  return new SandglassError(
    'E_CLONE',
    `Cannot serialise the result as JSON: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}

function reasonOf(error: unknown, value: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply';
  const { message } = error as Error;
  if (message.includes('BigInt')) return `it holds a BigInt${placeIn(value)}`;
  return message.includes('circular') ? `it holds a cycle${placeIn(value)}` : 'a part of it cannot be serialised';
}

/** Where the first cycle or BigInt is, as in ` at lines[3].total`; empty if that is far off. */
function placeIn(value: unknown): string {
  let left = MAX_SEARCHED;
  const open = new Set<unknown>();
  const find = (node: unknown, path: string): string | undefined => {
    if (typeof node === 'bigint' || open.has(node)) return path;
    if (typeof node !== 'object' || node === null || ArrayBuffer.isView(node)) return undefined;
    open.add(node);
    const isList = Array.isArray(node);
    const keys = isList ? node.keys() : Object.keys(node).values();
    for (const key of keys) {
      if (left-- <= 0) return undefined;
      const item = (node as Record<string | number, unknown>)[key]; // it is a key of the node
      const found = find(item, isList ? `${path}[${key}]` : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    open.delete(node);
    return undefined;
  };
  const path = find(value, '')?.replace(/^\./, '') ?? '';
  return path === '' ? '' : ` at ${path.slice(0, MAX_PATH_LENGTH)}`;
}
