import { isSandglassError, SandglassError } from '@sandglass/core';

/**
 * Serialises a value that came from a guest as `JSON.stringify` would, in bounded time: shared references and sparse
 * arrays can make the text of a small value endless.
 *
 * @param maxLength characters of text, counted roughly, and values in all.
 * @returns undefined for what JSON has no text for: undefined.
 * @throws {SandglassError} `E_CLONE` for a cycle, a BigInt or too deep nesting, `E_QUOTA` over `maxLength`.
 */
export function stringifyJson(value: unknown, maxLength: number): string | undefined {
  try {
    return isPlainJson(value, maxLength) ? JSON.stringify(value) : JSON.stringify(value, createGuard(maxLength));
  } catch (error) {
    if (isSandglassError(error)) throw error;
    if (error instanceof RangeError && error.message.includes('length')) throw tooLong(maxLength); // V8 foresees it
    throw new SandglassError('E_CLONE', `Cannot serialise the result as JSON: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Makes of a value what is left of it after a way through JSON; `undefined` becomes null.
 *
 * @returns the value itself if JSON would change nothing.
 * @throws {SandglassError} as {@link stringifyJson}.
 */
export function toJsonValue(value: unknown, maxLength: number): unknown {
  if (value === undefined) return null;
  return isPlainJson(value, maxLength) ? value : JSON.parse(stringifyJson(value, maxLength) ?? 'null');
}

/** Whether JSON keeps a value as it is; false as well for what is too large or too deep to tell. */
function isPlainJson(value: unknown, maxLength: number): boolean {
  try {
    return isPlain(value, { left: maxLength });
  } catch {
    return false; // the stack is full
  }
}

function isPlain(value: unknown, budget: { left: number }): boolean {
  if (--budget.left < 0) return false;
  switch (typeof value) {
    case 'string':
      return (budget.left -= value.length) >= 0;
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || areAllPlain(value, budget);
    default:
      return false;
  }
}

function areAllPlain(object: object, budget: { left: number }): boolean {
  if (Array.isArray(object)) {
    for (const item of object) if (!isPlain(item, budget)) return false; // a hole is undefined here
    return true;
  }
  if (Object.getPrototypeOf(object) !== Object.prototype) return false;
  for (const [key, item] of Object.entries(object)) {
    if ((budget.left -= key.length) < 0 || !isPlain(item, budget)) return false;
  }
  return true;
}

/** A replacer that changes nothing and counts. Bytes count before their indices are listed. */
function createGuard(maxLength: number): (key: string, value: unknown) => unknown {
  let left = maxLength;
  return (key, value) => {
    left -=
      1 + key.length + (typeof value === 'string' ? value.length : ArrayBuffer.isView(value) ? value.byteLength : 0);
    if (left >= 0) return value;
    throw tooLong(maxLength);
  };
}

function tooLong(maxLength: number): SandglassError {
  return new SandglassError(
    'E_QUOTA',
    `Cannot serialise the result as JSON: it is longer than maxResultBytes, which is ${maxLength}`,
    {
      limit: { name: 'maxResultBytes', value: maxLength },
    },
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply';
  const { message } = error as Error;
  if (message.includes('BigInt')) return 'it holds a BigInt';
  return message.includes('circular') ? 'it holds a cycle' : 'a part of it cannot be serialised';
}
