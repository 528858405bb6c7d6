// Express: the endpoints below /extensions, beside the application's own routes.
import { toNodeHandler } from '@sandglass/host/node';
import express from 'express';

/** @param {import('@sandglass/host').Host} host */
export function createApp(host) {
  const app = express();
  app.use(express.json()); // what it has parsed is taken as it is
  app.get('/', (_request, response) => response.send('The application itself'));
  app.use('/extensions', toNodeHandler(host));
  return app;
}
