/**
 * Runs the suite on Node, Bun or Deno: `main.mjs inline|workers [part of a test's name]`. Prints
 * its results as JSON on one line.
 */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';

import { runSuite } from './suite.mjs';

const [mode = 'inline', only] = process.argv.slice(2);
const folder = fileURLToPath(new URL('../../examples/extensions', import.meta.url));

/** A server on loopback that gives one answer to everything. */
async function serve(answer) {
  const server = createServer((request, response) => {
    const { status, headers, body } = answer(request);
    response.writeHead(status, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections?.();
    return new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

const results = await runSuite({ createHost, serve, folder }, mode === 'inline' ? 'inline' : { maxThreads: 2 }, only);
console.log(JSON.stringify(results));
