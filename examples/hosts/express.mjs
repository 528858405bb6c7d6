// Express: the endpoints below /extensions, beside the application's own routes.
import express from 'express';
import { toNodeHandler } from 'srvx/node';

/** @param {import('@sandglass/host').Host} host */
export function createApp(host) {
  const app = express();
  app.get('/', (_request, response) => response.send('The application itself'));
  app.use(
    '/extensions',
    toNodeHandler((request) => host.fetch(request)),
  );
  return app;
}
