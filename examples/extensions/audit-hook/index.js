// A hook: a filter changes what is about to happen, an action hears of what has happened.
import { log } from 'directus:api';

/** @type {import('directus:api').SandboxHook} */
export default ({ filter, action }) => {
  filter('items.create', (payload) => {
    if (typeof payload.title !== 'string') throw new Error('An item needs a title');
    return { ...payload, title: payload.title.trim() };
  });

  // `*` stands for one name: articles.items.create, pages.items.create …
  action('*.items.create', ({ event, key }) => {
    log(`${event}: ${key} was created`);
  });
};
