import { type RequestScope, type SandglassError, requestScopeSchema } from '@sandglass/core';
import type * as z from 'zod/mini';

import { type RequestGate, compileRequestScope } from '../../gate/request-scope.js';

/** Compiled scopes, by the scope object that a grant holds. */
const compiled = new WeakMap<RequestScope, RequestGate>();

/** Scope of `request`. A pattern that cannot be read makes the manifest invalid. */
export const scopeSchema: z.ZodMiniType<RequestScope> = requestScopeSchema.check((context) => {
  const scope = context.value;
  try {
    compiled.set(scope, compileRequestScope(scope));
  } catch (error) {
    const { message } = error as SandglassError; // it throws nothing else
    context.issues.push({ code: 'custom', input: scope, path: ['urls'], message });
  }
});

/** The gate of a scope, compiled once. */
export function gateOf(scope: RequestScope): RequestGate {
  const known = compiled.get(scope) ?? compileRequestScope(scope);
  compiled.set(scope, known);
  return known;
}
