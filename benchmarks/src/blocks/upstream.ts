import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';

/** An upstream in a thread of its own: what it does is not in what is measured. Tells its port. */

/** 5 MiB of JSON, nested 900 deep wherever it may be. */
const NESTED = Buffer.from(`[${`${'['.repeat(900)}${']'.repeat(900)},`.repeat(2_900)}1]`);
/** 10 MiB, the most that a response may have. */
const LONG = Buffer.alloc(10_485_760, '"ü\n');
/** 16 KiB of headers in all, the most that is read. */
const HEADERS = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`x-${i}`, 'v'.repeat(20)]));

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    if (request.url === '/nested') response.setHeader('content-type', 'application/json').end(NESTED);
    else if (request.url === '/long') response.setHeader('content-type', 'text/plain').end(LONG);
    else if (request.url === '/headers') response.writeHead(200, HEADERS).end();
    else response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo; // a TCP server's address
  parentPort?.postMessage(port); // oxlint-disable-line unicorn/require-post-message-target-origin -- a MessagePort
});
