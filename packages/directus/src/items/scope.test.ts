import { describe, expect, test } from 'vitest';

import { assertData, assertQuery, type ItemsQuery, type ItemsScope, scopeSchema } from './scope.js';

const scope = (...fields: string[]): ItemsScope => ({ collections: ['articles'], actions: ['read'], fields });
const KNOWN = ['id', 'title', 'secret', 'date', 'author', 'tags'];
const refusal = expect.objectContaining({ wire: expect.objectContaining({ code: 'E_SCOPE' }) });

describe('a scope of items', () => {
  test('is of all own fields, unless it says which', () => {
    expect(scopeSchema.parse({ collections: ['a'], actions: ['read'] })).toMatchObject({ fields: ['*'] });
  });

  test.each([
    [{ collections: [], actions: ['read'] }],
    [{ collections: ['a'], actions: ['drop'] }],
    [{ collections: ['a'] }],
    [{ collections: ['a'], actions: ['read'], filter: {} }],
  ])('refuses %j', (value) => {
    expect(scopeSchema.safeParse(value).success).toBe(false);
  });
});

describe('assertQuery', () => {
  test.each<[ItemsQuery, string[]]>([
    [{}, ['id', 'title']],
    [{ fields: [] }, ['id', 'title']],
    [{ fields: ['*', 'author.name'] }, ['id', 'title', 'author.name']],
    [{ fields: ['title'] }, ['title']],
  ])('%j asks for %j of what is granted', (query, fields) => {
    const granted = scope('id', 'title', 'author.name', 'entry of another collection');
    expect(assertQuery(query, granted, KNOWN)).toMatchObject({ fields });
  });

  test.each<[ItemsQuery]>([
    [{ fields: ['secret'] }],
    [{ fields: ['*.*'] }],
    [{ fields: ['author.*'] }],
    [{ fields: ['author.email'] }],
    [{ fields: ['item:authors.name'] }],
    [{ fields: ['$FOLLOW(authors,id)'] }],
    [{ fields: ['year(secret)'] }],
    [{ filter: { secret: { _eq: 1 } } }],
    [{ filter: { _secret: { _eq: 1 } } }],
    [{ filter: { _or: [{ title: { _eq: 1 } }, { _and: [{ secret: { _null: true } }] }] } }],
    [{ filter: { author: { email: { _eq: 1 } } } }],
    [{ filter: { tags: { _some: { secret: { _eq: 1 } } } } }],
    [{ filter: { 'year(secret)': { _eq: 1 } } }],
    [{ filter: { secret: 1 } }],
    [{ sort: ['-secret'] }],
    [{ groupBy: ['secret'] }],
    [{ aggregate: { max: ['secret'] } }],
    [{ search: 'x' }],
  ])('%j is refused', (query) => {
    expect(() => assertQuery(query, scope('id', 'title', 'author.name'), KNOWN)).toThrow(refusal);
  });

  test.each<[ItemsQuery]>([
    [{ fields: ['title', 'year(date)'], sort: ['-date'], search: 'x' }],
    [{ filter: { _and: [{ title: { _in: ['a'] } }, { date: { _between: [1, 2] } }] } }],
    [{ aggregate: { count: ['*'] }, groupBy: ['title'] }],
  ])('%j is about own fields', (query) => {
    expect(assertQuery(query, scope('*'), KNOWN)).toMatchObject(query);
  });

  test.each<[ItemsQuery]>([[{ fields: ['author.name'] }], [{ filter: { author: { name: { _eq: 1 } } } }]])(
    '%j is about another collection, which all own fields are not',
    (query) => {
      expect(() => assertQuery(query, scope('*'), KNOWN)).toThrow(refusal);
    },
  );
});

describe('assertData', () => {
  const schema = {
    collections: {},
    relations: [
      { collection: 'articles', field: 'author', related_collection: 'authors', meta: { one_field: 'articles' } },
      { collection: 'tags', field: 'article', related_collection: 'articles', meta: { one_field: 'tags' } },
    ],
  };
  const of = { name: 'articles', schema };

  test.each([[{ title: 'a', author: 1 }], [{ author: null }], [{ json: { free: ['form'] } }]])('%j passes', (item) => {
    expect(assertData(item, scope('*'), of)).toBe(item);
  });

  test.each([[{ author: { name: 'Eve' } }], [{ author: ['Eve'] }], [{ tags: [1] }], [{ tags: { create: [] } }]])(
    '%j writes items of another collection',
    (item) => {
      expect(() => assertData(item, scope('*'), of)).toThrow(refusal);
    },
  );

  test('a field that is not granted is refused', () => {
    expect(() => assertData({ secret: 1 }, scope('title'), of)).toThrow(refusal);
  });
});
