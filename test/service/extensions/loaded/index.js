import { log, request, sleep } from 'directus:api';

export default (router) => {
  router.get('/', () => ({ status: 200, body: { hello: 'world' } }));
  router.get('/slow', async () => {
    await sleep(200);
    return { status: 200, body: 'slow' };
  });
  router.get('/ask', async () => {
    log('<i>asking</i>');
    await request('https://other.test/');
  });
  router.get('/throw', () => {
    throw new Error('<b>broken</b> on purpose');
  });
};
