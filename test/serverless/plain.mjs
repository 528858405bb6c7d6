/**
 * The same handler without a sandbox, behind the same conversion of events: what a function costs
 * that is not ours.
 */
import { handleLambdaEvent } from 'srvx/aws-lambda';

import register from './extensions/hello/index.js';

const routes = new Map();
register({ get: (path, handler) => routes.set(path, handler) });

async function serve(request) {
  const { status, body } = await routes.get('/')({ url: '/', headers: Object.fromEntries(request.headers), body: {} });
  return Response.json(body, { status });
}

export const http = (event, context) => handleLambdaEvent(serve, event, context);
