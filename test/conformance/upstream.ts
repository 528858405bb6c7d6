import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

/** What the upstream saw of one request. */
export interface Seen {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A server on loopback that every name leads to. */
export interface Upstream extends AsyncDisposable {
  /** `http://allowed.test:<port>`. */
  readonly origin: string;
  readonly port: number;
  readonly seen: Seen[];
  readonly lookup: LookupFunction;
}

type Answer = (response: ServerResponse, url: URL, seen: Seen) => void;

const JSON_TYPE = { 'content-type': 'application/json' };
const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

/** Who waits at `/meet` for a second request. */
let first: ServerResponse | undefined;

/** By the first part of the path. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  echo: (response, _, seen) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(seen)),
  status: (response, { pathname }) => {
    const [, , status, body = '{"why":"because"}'] = pathname.split('/');
    response.writeHead(Number(status), { ...JSON_TYPE, 'X-Answer': 'yes' }).end(decodeURIComponent(body));
  },
  text: (response, { searchParams }) =>
    response
      .writeHead(200, { 'content-type': searchParams.get('type') ?? 'text/plain' })
      .end(searchParams.get('body') ?? ''),
  cookies: (response) =>
    response
      .writeHead(
        200,
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-Case', 'Kept'],
        ].flat(),
      )
      .end('ok'),
  encoded: (response, { searchParams }) => {
    const encoding = searchParams.get('as') as keyof typeof COMPRESS; // rows name one of these
    response.writeHead(200, { 'content-encoding': encoding, ...JSON_TYPE }).end(COMPRESS[encoding]('{"plain":true}'));
  },
  meet: (response) => {
    if (!first) first = response;
    else {
      for (const each of [first, response]) each.writeHead(200).end('met');
      first = undefined;
    }
  },
  redirect: (response, { pathname, searchParams }) =>
    response.writeHead(Number(pathname.split('/')[2]), { location: searchParams.get('to') ?? '/echo' }).end(),
};

export async function startUpstream(): Promise<Upstream> {
  const seen: Seen[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void text(request).then((body) => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body });
      const parsed = new URL(url, 'http://upstream');
      const answer = ANSWERS[parsed.pathname.split('/')[1] ?? ''];
      if (answer) answer(response, parsed, { method, url, headers, body });
      else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    origin: `http://allowed.test:${port}`,
    port,
    seen,
    lookup: (_, options, callback) => {
      if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
