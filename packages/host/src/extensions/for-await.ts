/**
 * QuickJS leaves a `for await` without waiting for the iterator's `return`, and calls that even
 * when the iterator has ended by itself. So the loop gets an iterable whose `return` does nothing,
 * and a `finally` that does what ECMAScript says (§7.4.13).
 *
 * `for await (const a of b) body` becomes `{const $of=$ofAwait();try{for await (const a of
 * $of.open(b)) body}catch(e){throw $of.fail(e)}finally{await $of.close()}}`.
 *
 * @param name the function's, new to the source. It is declared behind the source, where it moves
 *   no line.
 */
export function forAwaitHelper(name: string): string {
  return `function ${name}() {
  let iterator, next, isDone = true, hasFailed = false;
  const look = async (step) => { try { isDone = Boolean((await step).done); } catch { isDone = true; } };
  return {
    open(iterable) {
      const method = iterable[Symbol.asyncIterator] ?? undefined;
      const isSync = method === undefined;
      const target = isSync ? iterable[Symbol.iterator]() : Reflect.apply(method, iterable, []);
      if (Object(target) !== target) throw new TypeError('not an object');
      ({ next } = iterator = target);
      const advance = () => {
        isDone = true;
        const step = Reflect.apply(next, iterator, []);
        if (isSync) isDone = Boolean(step.done);
        else { isDone = false; look(step); }
        return step;
      };
      const quiet = { next: advance, return: () => ({ done: true }) };
      return isSync ? { [Symbol.iterator]: () => quiet } : { [Symbol.asyncIterator]: () => quiet };
    },
    fail(error) { hasFailed = true; return error; },
    async close() {
      if (isDone) return;
      let result;
      try {
        const method = iterator.return ?? undefined;
        if (method === undefined) return;
        result = await Reflect.apply(method, iterator, []);
      } catch (error) {
        if (hasFailed) return;
        throw error;
      }
      if (!hasFailed && Object(result) !== result) throw new TypeError('not an object');
    },
  };
}`;
}
