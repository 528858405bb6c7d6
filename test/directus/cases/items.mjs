/** What guests do with items, and as whom. `as` is the token of a request. */
const item = (fields) => ({ value: fields });
const refused = (message) => ({ error: message });

/** Grants: articles, without their secret; created, read and updated, never deleted. */
export const ITEMS_EXTENSION = {
  name: 'shop',
  type: 'endpoint',
  scopes: {
    items: {
      collections: ['articles', 'journal'],
      actions: ['create', 'read', 'update'],
      fields: ['id', 'title', 'author', 'author.name', 'entry'],
    },
  },
  source: `
    import { items } from 'sandglass:items';
    export default (router) => {
      router.post('/:method', async ({ url, body }) => {
        try {
          return { status: 200, body: { value: await items[url.slice(1)](...body) } };
        } catch (error) {
          return { status: 200, body: { error: error.message } };
        }
      });
    };
  `,
};

/** The same manifest, not named by the operator. */
export const UNNAMED_EXTENSION = { ...ITEMS_EXTENSION, name: 'unnamed' };

/** A filter that writes within the transaction of what it filters, an action that never ends. */
export const ITEMS_HOOK = {
  name: 'journalist',
  type: 'hook',
  scopes: { items: { collections: ['journal'], actions: ['create'] } },
  source: `
    import { items } from 'sandglass:items';
    export default ({ filter, action }) => {
      filter('articles.items.create', async (article) => {
        await items.createOne('journal', { entry: 'creates ' + article.title });
        if (article.title === 'refused') throw new Error('refused by the hook');
      });
      action('journal.items.create', async ({ payload }) => {
        if (payload.entry.startsWith('again')) await items.createOne('journal', { entry: payload.entry + '+' });
      });
    };
  `,
};

export const ITEMS_CASES = [
  { as: 'admin', method: 'createOne', args: ['articles', { title: 'one', author: 1 }], expected: item(1) },
  {
    as: 'admin',
    method: 'createMany',
    args: ['articles', [{ title: 'two' }, { title: 'three' }]],
    expected: item([2, 3]),
  },
  { as: 'admin', method: 'readOne', args: ['articles', 1], expected: item({ id: 1, title: 'one', author: 1 }) },
  {
    as: 'admin',
    method: 'readByQuery',
    args: [
      'articles',
      { fields: ['title', 'author.name'], filter: { title: { _in: ['one', 'two'] } }, sort: ['-title'] },
    ],
    expected: item([
      { title: 'two', author: null },
      { title: 'one', author: { name: 'Ada' } },
    ]),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { aggregate: { count: ['*'] } }],
    expected: item([{ count: 3 }]),
  },
  { as: 'admin', method: 'updateOne', args: ['articles', 2, { title: 'zwei' }], expected: item(2) },
  { as: 'admin', method: 'updateMany', args: ['articles', [2, 3], { title: 'many' }], expected: item([2, 3]) },
  {
    as: 'reader',
    method: 'readByQuery',
    args: ['articles', { fields: ['title'], limit: 1 }],
    expected: item([{ title: 'one' }]),
  },

  // the manifest's scope
  { as: 'admin', method: 'deleteOne', args: ['articles', 1], expected: refused('No permission to delete items') },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['authors'],
    expected: refused('No permission to access the collection "authors"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['directus_users'],
    expected: refused('No permission to access the collection "directus_users"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { fields: ['secret'] }],
    expected: refused('No permission to access the field "secret"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { fields: ['*.*'] }],
    expected: refused('No permission to access the field "*.*"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { fields: ['author.email'] }],
    expected: refused('No permission to access the field "author.email"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { filter: { secret: { _starts_with: 'a' } } }],
    expected: refused('No permission to access the field "secret"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { filter: { _or: [{ author: { email: { _nnull: true } } }] } }],
    expected: refused('No permission to access the field "author.email"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { sort: ['-secret'] }],
    expected: refused('No permission to access the field "secret"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { aggregate: { min: ['secret'] } }],
    expected: refused('No permission to access the field "secret"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { groupBy: ['secret'] }],
    expected: refused('No permission to access the field "secret"'),
  },
  {
    as: 'admin',
    method: 'readByQuery',
    args: ['articles', { search: 'a' }],
    expected: refused('No permission to search: it looks into all fields'),
  },
  {
    as: 'admin',
    method: 'createOne',
    args: ['articles', { title: 'x', secret: 's' }],
    expected: refused('No permission to access the field "secret"'),
  },
  {
    as: 'admin',
    method: 'createOne',
    args: ['articles', { title: 'x', author: { name: 'Eve' } }],
    expected: refused('No permission to write items by way of "author": give their keys'),
  },

  // the user's own permissions
  { as: 'reader', method: 'createOne', args: ['articles', { title: 'x' }], expected: { error: /permission/ } },
  { as: 'reader', method: 'readByQuery', args: ['journal'], expected: { error: /permission/ } },
  { as: 'public', method: 'readByQuery', args: ['articles', { fields: ['title'] }], expected: { error: /permission/ } },
];
