import { check } from '@sandglass/core';
import type * as z from 'zod/mini';

/** Reads JSON of another process. @returns undefined for what does not match the schema. */
export function readJson<T>(schema: z.ZodMiniType<T>, bytes: Uint8Array): T | undefined {
  try {
    const parsed = check(schema, JSON.parse(Buffer.from(bytes).toString()));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
