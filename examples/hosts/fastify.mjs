// Fastify: the endpoints below /extensions, beside the application's own routes.
import { toFastifyPlugin } from '@sandglass/host/node';
import Fastify from 'fastify';

/** @param {import('@sandglass/host').Host} host */
export function createApp(host) {
  const app = Fastify();
  app.get('/', () => 'The application itself');
  app.register(toFastifyPlugin(host), { prefix: '/extensions' });
  return app;
}
