/** The part of the prelude that describes what guest code threw. */
export const PRELUDE_THROWN: string = /* js */ `/**
 * What was thrown, as plain data: [code, kind, name or value, message, stack, data]. Reading it may run guest code, within
 * the call's limits. Texts are cut; data is left out of a brief description.
 */
function describeThrown(thrown, brief) {
  const MAX_TEXT = brief ? 1024 : 65536;
  if (typeof thrown !== 'object' && typeof thrown !== 'function') {
    if (typeof thrown === 'symbol') return ['', 'value', slice(symbolText(thrown), 0, MAX_TEXT)];
    if (typeof thrown === 'string') return ['', 'value', slice(thrown, 0, MAX_TEXT)];
    return ['', 'value', brief && typeof thrown === 'bigint' ? 'a BigInt' : thrown];
  }
  if (thrown === null) return ['', 'value', null];
  const kind = KINDS[kindOf(thrown)];
  const read = (key) => { try { return thrown[key]; } catch { return undefined; } };
  const text = (value) => (typeof value === 'string' ? slice(value, 0, MAX_TEXT) : undefined);
  const code = weakGet(hostErrors, thrown) || '';
  if (kind === 'proxy') return [code, 'error', 'Error', 'The extension threw a Proxy', '', undefined];
  const message = text(read('message'));
  if (kind !== 'error') return [code, 'error', 'Error', message === undefined ? 'The extension threw an object' : message, text(read('stack')) || '', brief ? undefined : copyData(thrown)];
  return [code, 'error', text(read('name')) || 'Error', message || primitiveText(read('message')), text(read('stack')) || '', brief ? undefined : copyData(thrown)];
}

/** What an error says that was given another message than a text. */
function primitiveText(value) {
  return typeof value === 'number' || typeof value === 'boolean' ? NativeString(value) : '';
}

/** The stack of an error, as the engine made it; an empty text for anything else. */
function stackOf(thrown) {
  const stack = KINDS[kindOf(thrown)] === 'error' ? getOwnPropertyDescriptor(thrown, 'stack') : undefined;
  return stack && hasOwn(stack, 'value') && typeof stack.value === 'string' ? slice(stack.value, 0, 65536) : '';
}

/** Own enumerable data of what was thrown, as a table; undefined when there is none. What cannot be copied is left out. */
function copyData(thrown) {
  try {
    const data = {};
    let found = false;
    const keys = objectKeys(thrown);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (key === 'message' || key === 'stack') continue;
      const value = thrown[key];
      if (!isCloneable(value)) continue;
      put(data, key, value);
      found = true;
    }
    return found ? flatten(data, false, MAX_THROWN_OBJECTS) : undefined;
  } catch {
    return undefined;
  }
}

function isCloneable(value) {
  try {
    flatten(value, false, MAX_THROWN_OBJECTS);
    return true;
  } catch {
    return false;
  }
}`;
