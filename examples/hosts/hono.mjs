// Hono: the endpoints below /extensions, beside the application's own routes.
import { Hono } from 'hono';

/** @param {import('@sandglass/host').Host} host */
export function createApp(host) {
  const app = new Hono();
  app.get('/', (context) => context.text('The application itself'));
  app.mount('/extensions', (request) => host.fetch(request));
  return app;
}
