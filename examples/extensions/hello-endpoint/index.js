// An endpoint: its routes are mounted below /hello-endpoint.
import { log, request, sleep } from 'directus:api';

// Counts in a module variable. Every call finds a pristine sandbox, so each visitor is the first.
let visits = 0;

/** @type {import('directus:api').SandboxEndpoint} */
export default (router) => {
  router.get('/', () => {
    visits += 1;
    return { status: 200, body: { hello: 'world', visits } };
  });

  router.get('/slow', async () => {
    log('Waiting a tenth of a second');
    await sleep(100);
    return { status: 200, body: 'Worth the wait' };
  });

  router.post('/echo', ({ url, body }) => ({ status: 201, body: { url, body } }));

  // The manifest asks for https://example.com/* and nothing else: any other URL is refused.
  router.get('/fetch', async () => {
    const { status, data } = await request('https://example.com/');
    return { status: 200, body: { status, length: String(data).length } };
  });
};
