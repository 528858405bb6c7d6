import en from 'zod/v4/locales/en.js';
import * as z from 'zod/mini';

/** zod/mini brings no words of its own, and this package sets nothing for the whole process, as zod itself would. */
const ENGLISH: z.core.ParseContext<z.core.$ZodIssue> = { error: en().localeError };

/**
 * Parses by a schema of zod or zod/mini, whatever copy of them made it.
 *
 * Issues are worded by the schema itself, else in the process' own locale, else in English.
 *
 * @param often compiles the schema, which is worth it from some hundred values on.
 */
export function check<T>(schema: z.core.$ZodType<T>, value: unknown, often = false): z.core.util.SafeParseResult<T> {
  const context = z.config().localeError ? {} : ENGLISH;
  return z.safeParse(schema, value, often ? context : { ...context, jitless: true });
}
