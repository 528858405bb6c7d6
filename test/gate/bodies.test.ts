import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createHost, type Host } from '../../packages/host/src/host.js';
import { type CountingServer, answer, lookupTable, startServer } from './harness.js';

/** Far above what it takes, far below what the worst of these bodies would. */
const SOON_MS = 3_000;

const BODIES = {
  lists: 'let body = 1; for (let i = 0; i < 60; i++) body = [body, body]; body = { body };',
  objects: 'let body = { v: 1 }; for (let i = 0; i < 30; i++) body = { l: body, r: body };',
  texts: "let body = 'x'.repeat(1000); for (let i = 0; i < 14; i++) body = { l: body, r: body };",
  holes: 'let body = new Array(900000); for (let i = 0; i < 12; i++) body = [body, body]; body = { body };',
};
const TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

describe.each(['inline', { maxThreads: 1 }] as const)('a body of shared references (%o)', (pool) => {
  let server: CountingServer;
  let host: Host;

  beforeAll(async () => {
    server = await startServer((socket) => socket.end(answer('200 OK', { connection: 'close' }, 'fine')));
    const origin = `http://good.test:${server.port}/`;
    const path = { app: 'app.js', api: 'api.js' };
    host = await createHost({ pool, request: { lookup: lookupTable(), allowAddresses: ['127.0.0.1'] } });
    await host.load({
      manifest: {
        name: 'bodies',
        version: '1.0.0',
        'directus:extension': {
          type: 'operation',
          path,
          source: path,
          host: '*',
          sandbox: { enabled: true, requestedScopes: { request: { urls: [`${origin}*`], methods: ['POST'] } } },
        },
      },
      source: `import { request } from 'directus:api';
        const make = { ${Object.entries(BODIES).map(([name, text]) => `${name}() { ${text} return body; }`)} };
        const post = (type, body) => request('${origin}', { method: 'POST', headers: { 'content-type': type }, body });
        export default { id: 'bodies', handler: async ({ type, body }) => (await post(type, make[body] ? make[body]() : body)).data };`,
    });
  });

  afterAll(async () => {
    await host.close();
    await server[Symbol.asyncDispose]();
  });

  test.each(TYPES.flatMap((type) => Object.keys(BODIES).map((body) => ({ type, body }))))(
    'of $body as $type ends at a limit at once, and the next caller is answered',
    async (options) => {
      const startMs = performance.now();
      await expect(host.operation('bodies', options)).rejects.toMatchObject({
        code: 'E_QUOTA',
        message: expect.stringMatching(/Request body is too large: over (262144 values|8388608 bytes)/),
      });
      expect(performance.now() - startMs).toBeLessThan(SOON_MS);
      expect(await host.operation('bodies', { type: options.type, body: { a: 1 } })).toBe('fine');
    },
  );
});
