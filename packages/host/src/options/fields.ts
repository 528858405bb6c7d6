import { custom } from '@sandglass/core';
import * as z from 'zod/mini';

/** A schema for each key of an object, whose output is that object. */
export type Fields<T> = { readonly [Key in keyof T]-?: z.ZodMiniType<T[Key]> };

/** An object of these keys and no others. */
export function object<T>(fields: Fields<T>): z.ZodMiniType<T> {
  return z.strictObject(fields as z.core.$ZodLooseShape) as z.ZodMiniType<T>;
}

/** An integer of a range, both ends included. */
export function count(min: number, max: number): z.ZodMiniType<number> {
  return z.int().check(z.minimum(min), z.maximum(max));
}

/** A schema whose value may be missing. */
export function withDefault<T>(schema: z.ZodMiniType<T>, value: z.core.util.NoUndefined<T>): z.ZodMiniType<T> {
  return z._default(schema, value);
}

/** A schema of an object, all of which may be missing. */
export function group<T>(schema: z.ZodMiniType<T>): z.ZodMiniType<T> {
  // its keys have defaults of their own
  return z.prefault(schema, {});
}

export const text: z.ZodMiniType<string> = z.string().check(z.minLength(1));
export const flag: z.ZodMiniType<boolean> = z.boolean();
/**
 * Tokens are compared as they are: a short one could be guessed, an empty one would open to
 * everybody.
 */
export const token: z.ZodMiniType<string> = z.string().check(z.minLength(16));
/** Bytes of a body, up to 1 GiB. */
export const bodyBytes: z.ZodMiniType<number> = count(0, 1_073_741_824);

export function list<T>(item: z.ZodMiniType<T>): z.ZodMiniType<T[]> {
  return z.array(item);
}

export function maybe<T>(schema: z.ZodMiniType<T>): z.ZodMiniType<T | undefined> {
  return z.optional(schema);
}

/** A function of whatever type: what it takes and gives shows when it is called. */
export function callback<T>(): z.ZodMiniType<T> {
  return custom<T>((value) => typeof value === 'function', 'a function');
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An object, whatever it holds. */
export const anyObject: z.ZodMiniType<object> = custom<object>(isObject, 'an object');

/** An object, of whatever realm, that has these methods. */
export function withMethods<T>(names: readonly string[], what: string): z.ZodMiniType<T> {
  return custom<T>((value) => hasMethods(value, names), what);
}

export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (!isObject(value) && typeof value !== 'function') return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
