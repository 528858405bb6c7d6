/** Items of a real database, by way of guests: what they get, as whom. */
import { ITEMS_CASES, ITEMS_EXTENSION, ITEMS_HOOK, UNNAMED_EXTENSION } from './cases/items.mjs';

export const ITEMS_EXTENSIONS = [ITEMS_EXTENSION, UNNAMED_EXTENSION, ITEMS_HOOK];
export const ITEMS_ENV = { SANDGLASS_ITEMS: 'shop, journalist' };

const READER = 'a-token-of-one-who-only-reads';

/** @returns a line for each case that went wrong */
export async function checkItems(side) {
  await prepare(side);
  const wrong = [];
  const expect = (title, value, expected) => {
    if (!isAsExpected(value, expected)) wrong.push(`${title}: ${JSON.stringify(value)}`);
  };
  for (const { as, method, args, expected } of ITEMS_CASES)
    expect(`${as} ${method} ${JSON.stringify(args)}`, await ask(side, 'shop', { as, method, args }), expected);
  const unnamed = await ask(side, 'unnamed', { as: 'admin', method: 'readOne', args: ['articles', 1] });
  expect('an extension that is not named', unnamed, { error: 'No permission to access "items.readOne"' });

  const entries = async () => (await side.api('GET', '/items/journal?sort=id')).map(({ entry }) => entry);
  const before = await entries();
  expect('a filter writes', before, ['creates one', 'creates two', 'creates three']);
  await side.api('POST', '/items/articles', { title: 'refused' }).catch(() => {});
  expect('what a filter wrote goes with its transaction', await entries(), before);
  await side.api('POST', '/items/journal', { entry: 'again' });
  const last = async () => (await entries()).at(-1);
  while ((await last()) !== `again${'+'.repeat(10)}`) await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect('hooks of hooks end', await last(), `again${'+'.repeat(10)}`);
  return wrong;
}

/** Collections, an author, a user who may read articles. Directus 12 licenses finer rules. */
async function prepare({ api }) {
  const key = { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true }, meta: {} };
  const text = (field) => ({ field, type: 'string', schema: {}, meta: {} });
  const collection = (name, ...fields) =>
    api('POST', '/collections', { collection: name, schema: {}, meta: {}, fields: [key, ...fields] });
  await collection('authors', text('name'), text('email'));
  await collection('articles', text('title'), text('secret'), {
    field: 'author',
    type: 'integer',
    schema: {},
    meta: {},
  });
  await collection('journal', text('entry'));
  await api('POST', '/relations', { collection: 'articles', field: 'author', related_collection: 'authors' });
  await api('POST', '/items/authors', { name: 'Ada', email: 'ada@example.com' });
  const policy = await api('POST', '/policies', { name: 'readers', permissions: [] });
  await api('POST', '/permissions', {
    policy: policy.id,
    collection: 'articles',
    action: 'read',
    fields: ['*'],
  });
  await api('POST', '/users', { email: 'reader@example.com', token: READER, policies: [{ policy: policy.id }] });
}

async function ask({ endpoint, token }, extension, { as, method, args }) {
  const bearer = { admin: token, reader: READER }[as];
  const response = await endpoint(`${extension}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    body: JSON.stringify(args),
  });
  return response.json();
}

function isAsExpected(value, expected) {
  if (expected.error instanceof RegExp) return expected.error.test(value.error);
  return JSON.stringify(value) === JSON.stringify(expected);
}
