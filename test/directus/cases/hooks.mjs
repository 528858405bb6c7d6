/**
 * Filters and actions of `items.create` on a collection of a real database; each case is one item.
 */
const FILTERS = [
  ['keeps', 'return;'],
  ['same', 'return payload;'],
  ['changes', "return { ...payload, title: payload.title + '!' };"],
  ['adds', "payload.title = 'mutated';"],
  ['null', 'return null;'],
  ['throws', "throw new Error('no');"],
  ['throws text', "throw 'text';"],
  ['waits', "await sleep(5); return { ...payload, title: 'waited' };"],
];

export const HOOKS = FILTERS.map(([title, body]) => ({
  group: 'filter',
  title,
  body,
  item: { kind: title, title: 'as given' },
}));

export const HOOK_EXTENSION = {
  name: 'hooked',
  type: 'hook',
  scopes: { log: {}, sleep: {} },
  source: `import { sleep } from 'directus:api';
const BY_KIND = { ${FILTERS.map(([title, body]) => `${JSON.stringify(title)}: async (payload) => { ${body} }`).join(', ')} };
export default ({ filter }) => filter('things.items.create', (payload) => BY_KIND[payload.kind]?.(payload));`,
};
