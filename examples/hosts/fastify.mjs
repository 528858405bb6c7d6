// Fastify: the endpoints below /extensions, beside the application's own routes.
import { toWebHandler } from '@sandglass/host/web';
import Fastify from 'fastify';
import { toNodeHandler } from 'srvx/node';

/** @param {import('@sandglass/host').Host} host */
export function createApp(host) {
  const app = Fastify();
  const handler = toNodeHandler(toWebHandler(host, { basePath: '/extensions' }));
  app.get('/', () => 'The application itself');
  app.register((scope, _options, done) => {
    // The host reads bodies itself, with its own limit.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, parsed) => parsed(null));
    scope.all('/extensions/*', (request, reply) => {
      reply.hijack();
      return handler(request.raw, reply.raw);
    });
    done();
  });
  return app;
}
