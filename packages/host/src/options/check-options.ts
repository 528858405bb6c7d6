import { check, explain, formatProblem } from '@sandglass/core';
import type * as z from 'zod/mini';

/**
 * Checks what a caller gave, and fills in the defaults.
 *
 * @param what the thing given, for example `options of createHost`.
 * @param root what an error calls the value itself.
 * @throws {TypeError} naming each key that is unknown or has a value that cannot be used, and what
 *   is allowed.
 */
export function checkOptions<T>(what: string, schema: z.core.$ZodType<T>, value: unknown, root = 'the value'): T {
  const parsed = check(schema, value);
  if (parsed.success) return parsed.data;
  const problems = explain(parsed.error, schema, value).map((problem) => formatProblem(problem, root));
  throw new TypeError(`Invalid ${what}: ${problems.join('; ')}`);
}
