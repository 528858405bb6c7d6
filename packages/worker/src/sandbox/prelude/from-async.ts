import { LATE_TOOLS } from './late-tools.js';

/** A part of the late functions: `Array.fromAsync`, which QuickJS lacks. */
export const FROM_ASYNC: string = /* js */ `(function (tools) {
'use strict';
${LATE_TOOLS}

/** Asks a Proxy, which constructs only if its target does, and reads nothing of it. */
function isConstructor(value) {
  try { return !!new (new NativeProxy(value, { __proto__: null, construct: () => ({}) }))(); } catch { return false; }
}

function methodOf(value, key) {
  const method = value[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== 'function') throw new ERRORS.TypeError('not a function');
  return method;
}

function setItem(target, index, value) {
  defineOrThrow(target, index, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

async function fillAsync(type, items, mapper, thisArg) {
  if (mapper !== undefined && typeof mapper !== 'function') throw new ERRORS.TypeError('not a function');
  let method = methodOf(items, asyncIterator);
  if (method) return fillFromIterator(type, apply(method, items, []), true, mapper, thisArg);
  method = methodOf(items, iterator);
  if (method) return fillFromIterator(type, apply(method, items, []), false, mapper, thisArg);
  return fillFromList(type, NativeObject(items), mapper, thisArg);
}

/** Not a for await: the engine's does not wait for cleanups. */
async function fillFromIterator(type, source, isAsync, mapper, thisArg) {
  const next = needObject(source).next;
  const result = isConstructor(type) ? new type() : [];
  for (let index = 0; ; index++) {
    const step = apply(next, source, []);
    const { done, value } = readStep(needObject(isAsync ? await step : step), isAsync);
    if (done) {
      if (!isAsync) await value;
      result.length = index;
      return result;
    }
    try {
      const item = isAsync ? value : await value;
      setItem(result, index, mapper ? await apply(mapper, thisArg, [item, index]) : item);
    } catch (error) {
      await closeIterator(source, isAsync);
      throw error;
    }
  }
}

function needObject(value) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) throw new ERRORS.TypeError('not an object');
  return value;
}

/** The last value of an async iterator is not read; that of another is, and waited for. */
function readStep(step, isAsync) {
  const done = !!step.done;
  return { __proto__: null, done, value: done && isAsync ? undefined : step.value };
}

async function closeIterator(source, isAsync) {
  try {
    const method = source.return;
    if (method === undefined || method === null) return;
    const answer = apply(method, source, []);
    await (isAsync ? answer : answer.value);
  } catch {} // the error that ended the loop counts
}

async function fillFromList(type, items, mapper, thisArg) {
  const given = +items.length;
  const length = given > 0 ? (given < 2 ** 53 - 1 ? given - (given % 1) : 2 ** 53 - 1) : 0;
  const result = new (isConstructor(type) ? type : NativeArray)(length);
  for (let index = 0; index < length; index++) {
    const value = await items[index];
    setItem(result, index, mapper ? await apply(mapper, thisArg, [value, index]) : value);
  }
  result.length = length;
  return result;
}

return { 'Array.fromAsync': fillAsync };
})`;
