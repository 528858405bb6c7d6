import { typeError } from '../error.js';

/** Deeper than this no form is meant. */
const MAX_DEPTH = 100;

/** One field of a form. */
export type FormField = [name: string, value: string];

/**
 * Flattens an object into form fields in bracket notation: `{ a: { b: 1 } }` is `a[b]=1`. A list of plain values right
 * under a name repeats `name[]`; any other list counts its items, `name[0][b]`. Null and undefined drop.
 *
 * @throws {CapabilityError} a TypeError for a value that has no text, or for nesting beyond 100 levels.
 */
export function toFormFields(data: object): FormField[] {
  const fields: FormField[] = [];
  for (const [key, value] of Object.entries(data)) {
    if (isFlatList(value)) value.forEach((item) => append(fields, `${key}[]`, item, 1));
    else append(fields, key, value, 1);
  }
  return fields;
}

function append(fields: FormField[], name: string, value: unknown, depth: number): void {
  if (value === undefined || value === null) return;
  if (!isNested(value)) {
    fields.push([name, toText(value)]);
    return;
  }
  if (depth >= MAX_DEPTH) throw typeError(`Request body is nested deeper than ${MAX_DEPTH} levels`);
  for (const [key, item] of Object.entries(value)) append(fields, `${name}[${key}]`, item, depth + 1);
}

function isFlatList(value: unknown): value is unknown[] {
  return Array.isArray(value) && !value.some(isNested);
}

/** Lists and plain objects are walked; dates, buffers and the like are values. */
function isNested(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || prototype === Object.prototype;
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw typeError('Request body has a value that cannot be a form field');
}
