import { log, request, type SandboxEndpoint } from 'directus:api';

interface Weather {
  city: string;
  celsius: number;
}

const endpoint: SandboxEndpoint = (router) => {
  router.get('/', () => ({ status: 200, body: { hello: 'world' } }));

  router.get('/weather', async ({ url }) => {
    const city = /[?&]city=([^&]+)/.exec(url)?.[1];
    if (city === undefined) return { status: 400, body: { error: 'Which city?' } };
    const { data } = await request<Weather>(`https://api.example.com/weather/${city}`);
    log(`It is ${data.celsius} degrees in ${data.city}`);
    return { status: 200, body: data };
  });
};

export default endpoint;
