import { CapabilityError } from '@sandglass/host';
import * as z from 'zod/mini';

import type { Schema } from '../directus.js';

const name = z.string().check(z.minLength(1), z.maxLength(255));

/** What a manifest asks for: `{ collections, actions, fields }`. */
export interface ItemsScope {
  /** Names, none of them a pattern. */
  collections: string[];
  actions: ('create' | 'read' | 'update' | 'delete')[];
  /**
   * Fields that may be read, filtered by and written, those of related items by their whole path
   * (`author.name`). @default ['*'], all fields of the collections' own
   */
  fields: string[];
}

export const scopeSchema: z.ZodMiniType<ItemsScope> = z.strictObject({
  collections: z.array(name).check(z.minLength(1)),
  actions: z.array(z.enum(['create', 'read', 'update', 'delete'])).check(z.minLength(1)),
  fields: z._default(z.array(name).check(z.minLength(1)), ['*']),
}) as z.ZodMiniType<ItemsScope>; // what it gives

export const keySchema: z.ZodMiniType<string | number> = z.union([z.string(), z.number()]);

const count = z.int().check(z.minimum(0));

/** The parts of a query of Directus that can be checked: not `deep` and `alias`. */
export interface ItemsQuery {
  fields?: string[] | undefined;
  filter?: Record<string, unknown> | null | undefined;
  sort?: string[] | undefined;
  search?: string | undefined;
  limit?: number | undefined;
  offset?: number | undefined;
  page?: number | undefined;
  groupBy?: string[] | undefined;
  aggregate?: Record<string, string[]> | undefined;
}

export const querySchema: z.ZodMiniType<ItemsQuery> = z.prefault(
  z.strictObject({
    fields: z.optional(z.array(name)),
    filter: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
    sort: z.optional(z.array(name)),
    search: z.optional(z.string()),
    limit: z.optional(z.int().check(z.minimum(-1))),
    offset: z.optional(count),
    page: z.optional(count),
    groupBy: z.optional(z.array(name)),
    aggregate: z.optional(z.record(z.string(), z.array(name))),
  }),
  {},
);

/**
 * Narrows a query to the fields of a scope.
 *
 * @param known fields of the collection: a scope names those of several collections.
 * @throws {CapabilityError} `E_SCOPE` for a field that is not among them, wherever it stands.
 */
export function assertQuery(query: ItemsQuery, scope: ItemsScope, known: readonly string[]): object {
  const own = scope.fields.filter((field) => field !== '*');
  const isAll = own.length < scope.fields.length;
  const { filter, sort = [], groupBy = [], aggregate = {} } = query;
  if (query.search !== undefined && !isAll) throw refused('No permission to search: it looks into all fields');
  const used = [...pathsOf(filter ?? {}), ...sort.map((one) => one.replace(/^-/, '')), ...groupBy];
  for (const field of [...used, ...Object.values(aggregate).flat()]) {
    const isCount = field === '*'; // `{ count: ['*'] }` is of items, not of fields
    if (!isCount) assertField(field, scope);
  }
  const named = own.filter((field) => known.includes(field));
  // none at all would be all of them
  const fields = query.fields?.length ? query.fields : ['*'];
  const asked = fields.flatMap((field) => (field === '*' && !isAll ? named : [field]));
  for (const field of asked) if (field !== '*') assertField(field, scope);
  if (asked.length === 0) throw refused('No permission to access any field');
  return { ...query, fields: asked };
}

/**
 * Lets an item through that writes fields of the scope only, and no items of other collections.
 *
 * @throws {CapabilityError} `E_SCOPE`.
 */
export function assertData(item: object, scope: ItemsScope, of: { name: string; schema: Schema }): object {
  for (const [field, value] of Object.entries(item)) {
    assertField(field, scope);
    if (typeof value === 'object' && value !== null && isRelation(field, of))
      throw refused(`No permission to write items by way of "${field}": give their keys`);
    if (isReverse(field, of)) throw refused(`No permission to write "${field}": it is a field of other items`);
  }
  return item;
}

/** `year(date)` is about `date`. A path is granted as a whole, or not at all. */
function assertField(field: string, { fields }: ItemsScope): void {
  const path = field.replace(/(?:^|(?<=\.))\w+\(([^()]*)\)$/, '$1');
  const isOwn = /^[^.:$*()]+$/.test(path);
  if (fields.includes(path) || (isOwn && fields.includes('*'))) return;
  throw refused(`No permission to access the field "${field}"`);
}

/** The error for what a scope does not grant. */
export function refused(message: string): CapabilityError {
  return new CapabilityError('E_SCOPE', message);
}

/** Operators of Directus' filters. A field may begin with `_` too. */
const OPERATOR =
  /^_(?:and|or|some|none|n?eq|lte?|gte?|n?in|n?null|n?empty|n?between|n?regex|n?i?contains|n?i?(?:starts|ends)_with|n?intersects(?:_bbox)?)$/;

/** Paths of the fields that a filter looks at. */
function pathsOf(filter: object, prefix = ''): string[] {
  return Object.entries(filter).flatMap(([key, value]) => {
    const inside = (path: string): string[] =>
      (Array.isArray(value) ? value : [value]).flatMap((one: unknown) =>
        typeof one === 'object' && one !== null ? pathsOf(one, path) : [],
      );
    if (OPERATOR.test(key)) return inside(prefix).concat(prefix === '' ? [] : prefix);
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const deeper = inside(path);
    return deeper.length > 0 ? deeper : [path];
  });
}

function isRelation(field: string, { name, schema }: { name: string; schema: Schema }): boolean {
  return schema.relations.some((one) => one.collection === name && one.field === field);
}

function isReverse(field: string, { name, schema }: { name: string; schema: Schema }): boolean {
  return schema.relations.some((one) => one.related_collection === name && one.meta?.one_field === field);
}
