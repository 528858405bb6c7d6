/** The few assertions that the suite needs, on a runtime with nothing but the language. */

/** Fails unless both are the same: deeply, with types and order of keys left out. */
export function same(actual, expected, what = 'value') {
  if (isSame(actual, expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Fails unless the promise rejects with that code. Returns the error. */
export async function rejects(promise, code) {
  const error = await promise.then(
    (value) => {
      throw new Error(`expected ${code}, got the value ${show(value)}`);
    },
    (reason) => reason,
  );
  if (error?.code !== code) throw new Error(`expected ${code}, got ${error?.code}: ${error?.message}`);
  return error;
}

function isSame(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
  if (a instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof RegExp) return String(a) === String(b);
  if (a instanceof Map) return isSame([...a], [...b]);
  if (a instanceof Set) return isSame([...a], [...b]);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && isSame(a[key], b[key]));
}

function show(value) {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
}
