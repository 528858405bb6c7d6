import * as z from 'zod/mini';

/** Scope of `log` and of `sleep`: asked for or not, nothing more. Extra keys are dropped. */
export const emptyScopeSchema: z.ZodMiniType<Record<string, never>> = z.object({});

export const REQUEST_METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] as const;
export type RequestMethod = (typeof REQUEST_METHODS)[number];

/**
 * Scope of `request`: URL patterns (docs/contract.md §7) and methods. Empty arrays are valid and
 * match nothing.
 */
export interface RequestScope {
  urls: string[];
  methods: RequestMethod[];
}

export const requestScopeSchema: z.ZodMiniType<RequestScope> = z.object({
  urls: z.array(z.string()),
  methods: z.array(z.enum(REQUEST_METHODS)),
});

/** zod's schema of each scope that a manifest may ask for, by the capability's name. */
export type ScopeSchemas = Readonly<Record<string, z.core.$ZodType>>;

/** A scope per capability name, already parsed by that capability's schema. */
export type Scopes = Readonly<Record<string, unknown>>;
