/**
 * One upstream for both sides: a server on loopback that answers by path and keeps what it saw,
 * whole.
 */
import { createServer } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
const JSON_TYPE = { 'content-type': 'application/json' };

/** By the first part of the path. */
const ANSWERS = {
  echo: (response, { seen }) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(seen)),
  status: (response, { url }) => {
    const [, , status, body = '{"why":"because"}'] = url.pathname.split('/');
    response.writeHead(Number(status), { ...JSON_TYPE, 'x-answer': 'yes' }).end(decodeURIComponent(body));
  },
  text: (response, { url }) =>
    response
      .writeHead(200, { 'content-type': url.searchParams.get('type') ?? 'text/plain' })
      .end(url.searchParams.get('body') ?? ''),
  cookies: (response) =>
    response.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Case', 'Kept']).end('ok'),
  twice: (response) =>
    response
      .writeHead(200, ['X-Case', 'Kept', 'X-Twice', 'a', 'X-Twice', 'b', 'Age', '1', 'Set-Cookie', 'a=1'])
      .end('{"a":[1,{"b":null}]}'),
  coded: (response, { url }) => {
    const coding = url.searchParams.get('as');
    const text = url.searchParams.get('body') ?? '{"plain":true}';
    response.writeHead(200, { 'content-encoding': coding, ...JSON_TYPE }).end(COMPRESS[coding]?.(text) ?? text);
  },
  empty: (response, { url }) =>
    response
      .writeHead(Number(url.searchParams.get('status') ?? 200), { 'content-encoding': url.searchParams.get('as') })
      .end(),
  redirect: (response, { url }) =>
    response.writeHead(Number(url.pathname.split('/')[2]), { location: url.searchParams.get('to') ?? '/echo' }).end(),
  hops: (response, { url }) => {
    const left = Number(url.pathname.split('/')[2]);
    response.writeHead(302, { location: left > 1 ? `/hops/${left - 1}` : '/echo' }).end();
  },
  slow: (response, { url }) => setTimeout(() => response.end('late'), Number(url.pathname.split('/')[2])),
  big: (response, { url }) => response.end('x'.repeat(Number(url.pathname.split('/')[2]))),
  reset: (response) => response.socket.destroy(),
};

/** Starts it. `seen()` gives what has arrived since it was last asked. */
export async function startUpstream() {
  const seen = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, rawHeaders } = request;
    const entry = { method, url, headers: toPairs(rawHeaders), body: Buffer.concat(chunks).toString('latin1') };
    seen.push(entry);
    const parsed = new URL(url, 'http://upstream');
    const answer = ANSWERS[parsed.pathname.split('/')[1]];
    if (answer) answer(response, { url: parsed, seen: { method, url, body: entry.body } });
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    seen: () => seen.splice(0),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function toPairs(raw) {
  const pairs = [];
  for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i].toLowerCase(), raw[i + 1]]);
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}
