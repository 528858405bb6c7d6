import type { ErrorCode } from '@sandglass/core';
import { count, type DeadWork, type FleetWork, object, text } from '@sandglass/host/fleet';
import * as z from 'zod/mini';

import { readJson } from '../connection/read-json.js';

/** Work as the queue holds it. */
export type Work = FleetWork & {
  /** Whether its effects may be done twice: the caller says that the handler allows for it. */
  isRepeatable: boolean;
};

/** Work that was given up, as its stream holds it. */
export type DeadLetter = Omit<DeadWork, 'number'>;

const workFields = { id: text, isRepeatable: z.boolean(), trace: z.optional(z.record(z.string(), z.string())) };
const work: z.ZodMiniType<Work> = z.discriminatedUnion('kind', [
  z.strictObject({
    ...workFields,
    kind: z.literal('action'),
    event: text,
    meta: z.record(z.string(), z.unknown()),
    extension: text,
    ordinal: count(0, 1_000_000),
  }),
  z.strictObject({ ...workFields, kind: z.literal('operation'), operation: text, options: z.optional(z.unknown()) }),
]);

const deadLetter = object<DeadLetter>({
  work,
  code: text as z.ZodMiniType<ErrorCode>, // an unknown one is only shown
  message: z.string(),
  tries: count(0, Number.MAX_SAFE_INTEGER),
  effects: z.enum(['none', 'possible']),
});

/** @returns undefined for what is no work. */
export const readWork = (bytes: Uint8Array): Work | undefined => readJson(work, bytes);
/** @returns undefined for what is no dead letter. */
export const readDeadLetter = (bytes: Uint8Array): DeadLetter | undefined => readJson(deadLetter, bytes);
