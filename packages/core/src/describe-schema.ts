import * as z from 'zod/mini';

/** Any schema of zod, as a union of its kinds. */
export type Schema = z.core.$ZodTypes;

const words: z.core.$ZodRegistry<{ words: string }> = z.registry<{ words: string }>();

/**
 * A schema of what only code can tell.
 *
 * @param what completes "it has to be", for example `a function`.
 */
export function custom<T>(isValid: (value: unknown) => boolean, what: string): z.ZodMiniCustom<T, T> {
  return named(z.custom<T>(isValid), what);
}

/** Gives a schema words of its own. @param what completes "it has to be". */
export function named<T extends z.core.$ZodType>(schema: T, what: string): T {
  words.add(schema, { words: what });
  return schema;
}

/** What is inside of optional, nullable, defaulted and piped schemas. */
export function unwrap(schema: z.core.$ZodType): Schema {
  const { def } = (schema as Schema)._zod; // every schema is of one of the kinds
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
      return unwrap(def.innerType);
    case 'pipe':
      return unwrap(def.in);
    default:
      return schema as Schema; // as above
  }
}

/** What a schema takes, in words that complete "it has to be". */
export function describeSchema(schema: z.core.$ZodType): string {
  const known = words.get(schema)?.words;
  if (known !== undefined) return known;
  const { def } = (schema as Schema)._zod; // as above
  switch (def.type) {
    case 'string':
      return describeString(boundsOf(def).min);
    case 'number':
      return describeNumber(boundsOf(def));
    case 'boolean':
      return 'true or false';
    case 'enum':
    case 'literal':
      return anyOf(choices(schema));
    case 'array':
      return `an array, each item ${describeSchema(def.element)}`;
    case 'object':
    case 'record':
      return 'an object';
    case 'nullable':
      return `${describeSchema(def.innerType)}, or null`;
    case 'union':
      return def.options.map(describeSchema).join(', or ');
    default: {
      const inner = unwrap(schema);
      return inner === schema ? 'another value' : describeSchema(inner);
    }
  }
}

/** The values that a schema of fixed ones takes. */
export function choices(schema: z.core.$ZodType): readonly unknown[] {
  const { def } = unwrap(schema)._zod;
  if (def.type === 'enum') return Object.values(def.entries);
  if (def.type === 'literal') return def.values;
  return def.type === 'union' ? def.options.flatMap(choices) : [];
}

function describeString(minLength = 0): string {
  if (minLength === 0) return 'a string';
  return minLength === 1 ? 'a string that is not empty' : `a string of at least ${minLength} characters`;
}

function describeNumber({ isInteger, min, max }: Bounds): string {
  const kind = isInteger ? 'an integer' : 'a number';
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  return min !== undefined ? `${kind} of at least ${min}` : max !== undefined ? `${kind} of at most ${max}` : kind;
}

interface Bounds {
  isInteger: boolean;
  min?: number;
  max?: number;
}

/** What the checks of a number or a string leave, both ends included. */
function boundsOf(def: z.core.$ZodTypeDef): Bounds {
  const bounds: Bounds = { isInteger: 'format' in def && String(def.format).includes('int') };
  for (const { _zod } of def.checks ?? []) {
    const check = (_zod as z.core.$ZodChecks['_zod']).def; // the ones that zod has
    if (check.check === 'greater_than') bounds.min = Number(check.value);
    else if (check.check === 'less_than') bounds.max = Number(check.value);
    else if (check.check === 'min_length') bounds.min = check.minimum;
  }
  return bounds;
}

/** Values as a list that ends in "or". */
export function anyOf(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  const last = texts.pop() ?? 'nothing';
  return texts.length === 0 ? last : `${texts.join(', ')} or ${last}`;
}
