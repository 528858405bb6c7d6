import { items } from 'acme:items';

/** @param {import('directus:api').SandboxEndpointRouter} router */
export default (router) => {
  router.get('/', async () => {
    const articles = await items.read('articles', { limit: 2 });
    return { status: 200, body: articles };
  });

  router.get('/secrets', async () => {
    return { status: 200, body: await items.read('users') };
  });
};
