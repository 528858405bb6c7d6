import type * as z from 'zod/mini';

import { check } from './check.js';
import { anyOf, choices, describeSchema, type Schema, unwrap } from './describe-schema.js';
import { suggest } from './suggest.js';

/** Something about a value that its schema refuses. */
export interface Problem {
  /** Keys and indices from the value to where it is. Empty for the value itself. */
  path: readonly PropertyKey[];
  /**
   * What follows the name of the field in a sentence, for example ` is 0: it has to be an integer
   * from 1 to 60000`.
   */
  text: string;
}

/**
 * Puts into words why a schema refused a value: what it is, what it has to be, and what was
 * probably meant. A schema's own message is kept.
 */
export function explain(error: z.core.$ZodError, schema: z.core.$ZodType, value: unknown): Problem[] {
  return error.issues.flatMap((issue) => explainIssue(issue, schema, value));
}

/** A problem as a sentence. @param root name of the value itself. */
export function formatProblem({ path, text }: Problem, root: string): string {
  return `${formatPath(path) || root}${text}`;
}

/** Keys joined by dots, indices in brackets. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function explainIssue(issue: z.core.$ZodIssue, root: z.core.$ZodType, value: unknown): Problem[] {
  const { path } = issue;
  const schema = schemaAt(root, path, value);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], text: ` is unknown${hintKey(key, schema, root)}` }));
  }
  const given = valueAt(value, path);
  if (issue.code === 'invalid_union') {
    const closest = closestOption(issue, schema);
    if (closest) {
      const problems = closest.issues.flatMap((inner) => explainIssue(inner, closest.option, given));
      return problems.map((problem) => ({ path: [...path, ...problem.path], text: problem.text }));
    }
  }
  if (issue.message !== '') return [{ path, text: `: ${issue.message}` }];
  const is = given === undefined ? ' is missing' : ` ${show(given, path)}`;
  return [{ path, text: `${is}: it has to be ${allowed(issue, schema)}${hintChoice(given, schema)}` }];
}

function allowed(issue: z.core.$ZodIssue, schema: z.core.$ZodType | undefined): string {
  if (issue.code === 'invalid_union' && 'options' in issue) return anyOf(issue.options ?? []);
  if (schema) return describeSchema(schema);
  return issue.code === 'invalid_type' ? `of type ${issue.expected}` : 'another value';
}

/**
 * The option of a union that an object was meant for: the one that got past the value's own type.
 */
function closestOption(
  issue: z.core.$ZodIssueInvalidUnion,
  schema: Schema | undefined,
): { option: z.core.$ZodType; issues: z.core.$ZodIssue[] } | undefined {
  if (schema?._zod.def.type !== 'union') return undefined;
  const index = issue.errors.findIndex(
    ([first]) => first && (first.path.length > 0 || first.code === 'unrecognized_keys'),
  );
  const option = schema._zod.def.options[index];
  return option && { option, issues: issue.errors[index]! }; // it was found
}

function hintKey(key: string, schema: Schema | undefined, root: z.core.$ZodType): string {
  const siblings = keysOf(schema);
  const meant =
    // never empty
    suggest(key, siblings) ?? pathsOf(root).find((path) => suggest(key, [path.split('.').at(-1)!]) !== undefined);
  if (meant !== undefined) return `. Did you mean "${meant}"?`;
  return siblings.length === 0 ? '' : `: known are ${siblings.join(', ')}`;
}

function hintChoice(given: unknown, schema: Schema | undefined): string {
  if (typeof given !== 'string' || !schema) return '';
  const meant = suggest(
    given,
    choices(schema).filter((choice) => typeof choice === 'string'),
  );
  return meant === undefined ? '' : `. Did you mean "${meant}"?`;
}

function keysOf(schema: z.core.$ZodType | undefined): string[] {
  const { def } = schema ? unwrap(schema)._zod : {};
  if (def?.type === 'union') return def.options.flatMap(keysOf);
  return def?.type === 'object' ? Object.keys(def.shape) : [];
}

/** Every key below a schema of objects, as a path. */
function pathsOf(schema: z.core.$ZodType): string[] {
  const { def } = unwrap(schema)._zod;
  if (def.type !== 'object') return [];
  return Object.entries(def.shape).flatMap(([key, inner]) =>
    [key].concat(pathsOf(inner).map((path) => `${key}.${path}`)),
  );
}

function schemaAt(root: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): Schema | undefined {
  let schema: z.core.$ZodType | undefined = root;
  for (const [depth, key] of path.entries()) {
    const { def }: Schema['_zod'] = optionFor(schema, valueAt(value, path.slice(0, depth)))._zod;
    if (def.type === 'object') schema = def.shape[String(key)];
    else if (def.type === 'array') schema = def.element;
    else if (def.type === 'tuple') schema = def.items[Number(key)];
    else schema = undefined;
    if (!schema) return undefined;
  }
  return keepNull(schema);
}

/** What is inside of a schema, but for null, which belongs to what is allowed. */
function keepNull(schema: z.core.$ZodType): Schema {
  const { def } = (schema as Schema)._zod; // every schema is of one of the kinds
  return def.type === 'optional' || def.type === 'default' || def.type === 'prefault'
    ? keepNull(def.innerType)
    : (schema as Schema);
}

/**
 * Of a union, the option that a value chooses: by its discriminator, else the one for an object.
 */
function optionFor(schema: z.core.$ZodType, value: unknown): Schema {
  const inner = unwrap(schema);
  const { def } = inner._zod;
  if (def.type !== 'union') return inner;
  if (!('discriminator' in def)) return def.options.map(unwrap).find(({ _zod }) => _zod.def.type === 'object') ?? inner;
  const key = String(def.discriminator);
  const chosen = def.options.find((option) => {
    const { def: of } = unwrap(option)._zod;
    return of.type === 'object' && of.shape[key] !== undefined && check(of.shape[key], valueAt(value, [key])).success;
  });
  return chosen ? unwrap(chosen) : inner;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}

/** Longest text that a message quotes. */
const MAX_SHOWN = 60;
const SECRET = /token|secret|password/i;

/** What a value is, in words. A secret's text stays out of it. */
function show(value: unknown, path: readonly PropertyKey[]): string {
  const isSecret = SECRET.test(String(path.at(-1)));
  switch (typeof value) {
    case 'string':
      if (isSecret) return `has ${value.length} characters`;
      return `is ${JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value)}`;
    case 'number':
    case 'bigint':
    case 'boolean':
      return isSecret ? `is a ${typeof value}` : `is ${String(value)}${typeof value === 'bigint' ? 'n' : ''}`;
    case 'object':
      return value === null ? 'is null' : Array.isArray(value) ? 'is an array' : 'is an object';
    default:
      return `is a ${typeof value}`;
  }
}
