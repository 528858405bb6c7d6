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
  ['empties', "return { ...payload, title: '' };"],
  ['nulls', 'return { ...payload, title: null };'],
  ['undefined', 'return { kind: payload.kind, title: undefined };'],
  ['numbers', 'return { ...payload, title: 5 };'],
  ['leaves out', 'return { kind: payload.kind };'],
  ['deletes', 'delete payload.title; return payload;'],
  ['freezes', "return Object.freeze({ ...payload, title: 'frozen' });"],
  ['of a class', "return Object.assign(new (class Named {})(), payload, { title: 'of a class' });"],
  ['reads once', "let reads = 0; return { kind: payload.kind, get title() { return 'read ' + ++reads; } };"],
  ['rejects', "return Promise.reject(new TypeError('rejected'));"],
  ['throws object', "throw { message: 'an object', code: 'E' };"],
  ['throws nothing', 'throw undefined;'],
  ['asks', 'return { ...payload, title: [typeof payload, Object.keys(payload).length].join() };'],
  ['sorts', "return { ...payload, title: ['z', 'ä', 'a'].sort((a, b) => a.localeCompare(b)).join('') };"],
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
