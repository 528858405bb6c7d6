import * as z from 'zod/mini';

/**
 * Leaves every issue without words but a schema's own: {@link explain} has better ones.
 *
 * It has `async` because zod spreads it and sets that: of an object that gets another key so, V8
 * makes a hidden class each time, which took ten times as long as the check of a capability's two
 * arguments.
 */
const WORDLESS: z.core.ParseContextInternal<z.core.$ZodIssue> = { error: () => '', async: false };
const ONCE: z.core.ParseContextInternal<z.core.$ZodIssue> = { ...WORDLESS, jitless: true };

/**
 * Parses by a schema of zod or zod/mini, whatever copy of them made it.
 *
 * An issue's message is empty unless the schema has one of its own.
 *
 * @param often compiles the schema, which is worth it from some hundred values on.
 */
export function check<T>(schema: z.core.$ZodType<T>, value: unknown, often = false): z.core.util.SafeParseResult<T> {
  return z.safeParse(schema, value, often ? WORDLESS : ONCE);
}
