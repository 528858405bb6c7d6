/**
 * One invocation of a Lambda handler in a process of its own: `first-call.mjs <handler file>
 * [path]`. Prints the answer.
 */
import { pathToFileURL } from 'node:url';

const [file, path = '/hello-endpoint/'] = process.argv.slice(2);
const { http, getHost } = await import(pathToFileURL(file).href);
const event = {
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { host: 'localhost' },
  requestContext: { http: { method: 'GET' } },
};
const { statusCode, body } = await http(event, { getRemainingTimeInMillis: () => 10_000 });
console.log(JSON.stringify({ statusCode, body }));
await (await getHost()).close();
