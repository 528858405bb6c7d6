/* oxlint-disable vitest/no-conditional-expect -- the rows of a corpus end in several ways, each with its own expectation */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readCorpus } from './corpus.js';
import { type CountingServer, answer, createGuest, failure, startServer, success } from './harness.js';

interface RequestRow {
  headers?: Record<string, unknown>;
  method?: unknown;
  scopeMethods?: string[];
  body?: unknown;
  expect: string;
  why: string;
}

/** What a row comes to: the headers that the server sees, the error, or that it gets through. */
type Verdict = { sends: Record<string, string | undefined> } | { code: string; message: RegExp } | 'passes';

const dropped = (name: string): Verdict => ({ sends: { [name]: undefined } });
const refusedHeader = (name: string): Verdict => ({
  code: 'E_SCOPE',
  message: new RegExp(`^No permission to use request header "${name}"$`),
});
const badHeader: Verdict = { code: 'E_GUEST', message: /^(Request header|Invalid character in request header)/ };
const refusedMethod: Verdict = { code: 'E_SCOPE', message: /^No permission to use request method "/ };

const DROPPED: ReadonlySet<string> = new Set(['connection']);
const REFUSED: ReadonlySet<string> = new Set([
  'host',
  'transfer-encoding',
  'upgrade',
  'te',
  'expect',
  'proxy-authorization',
  'proxy-authenticate',
  'sec-fetch-site',
  'x-http-method-override',
  'metadata-flavor',
  'x-aws-ec2-metadata-token',
  'metadata',
]);

function headerVerdict(headers: Record<string, unknown>, why: string): Verdict {
  const [name = ''] = Object.keys(headers);
  if (DROPPED.has(name.toLowerCase())) return dropped(name.toLowerCase());
  if (REFUSED.has(name.toLowerCase())) return refusedHeader(name.toLowerCase());
  if (['x-forwarded-for', 'x-real-ip', 'constructor'].includes(name)) return { sends: { [name]: 'v' } };
  if (why === 'array value') return { sends: { a: '1, 2' } };
  if (why === 'number') return { sends: { a: '1' } };
  if (why === 'same name in two cases') return { sends: { 'x-a': '1, 2' } };
  return badHeader;
}

/** docs/contract.md §6 decides: methods compare with case, null fails, undefined is GET. */
function methodVerdict(row: RequestRow): Verdict {
  if ('method' in row && typeof row.method !== 'string')
    return { code: 'E_GUEST', message: /^Request method has to be of type string$/ };
  const granted = row.scopeMethods ?? ['GET', 'POST'];
  // checked above
  return granted.includes((row.method as string | undefined) ?? 'GET') ? 'passes' : refusedMethod;
}

function verdictOf(row: RequestRow): Verdict {
  if (row.headers) return headerVerdict(row.headers, row.why);
  if (row.why === 'BigInt in JSON body')
    return { code: 'E_GUEST', message: /^Request body cannot be sent as JSON: it has a bigint$/ };
  if (row.why === 'GET with body') return { sends: { 'content-length': '1' } };
  return methodVerdict(row);
}

let server: CountingServer;

const rows = readCorpus<RequestRow>('requests').map((row): [string, RequestRow] => {
  const what = row.headers
    ? JSON.stringify(row.headers)
    : `method ${JSON.stringify(row.method)} of ${JSON.stringify(row.scopeMethods ?? 'the usual')}`;
  return [`${what} (${row.why}): ${row.expect}`, row];
});

describe('options of a request', () => {
  beforeAll(async () => {
    server = await startServer((socket) => socket.end(answer('200 OK', { connection: 'close' }, 'fine')));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(rows)('request option %s', async (_, row) => {
    const verdict = verdictOf(row);
    const before = server.connections;
    await using guest = createGuest({
      scopes: {
        request: { urls: [`http://good.test:${server.port}/*`], methods: row.scopeMethods ?? ['GET', 'POST'] },
      },
    });
    const { headers, body } = row;
    const options = {
      ...(headers ? { headers } : {}),
      ...('method' in row ? { method: row.method } : {}),
      ...(body === undefined ? {} : { body: row.why === 'BigInt in JSON body' ? { big: 1n } : body }),
    };
    const outcome = await guest.request(`http://good.test:${server.port}/`, options);
    if (verdict !== 'passes' && 'code' in verdict) {
      expect(failure(outcome)).toMatchObject({ code: verdict.code, message: expect.stringMatching(verdict.message) });
      expect(server.connections).toBe(before);
      return;
    }
    expect(success(outcome)).toMatchObject({ status: 200, data: 'fine' });
    const lines =
      (server.received.at(-1) ?? '')
        .split('\r\n\r\n')[0]
        ?.split('\r\n')
        .slice(1)
        .map((line) => line.split(': ')) ?? [];
    for (const [name, value] of Object.entries(verdict === 'passes' ? {} : verdict.sends)) {
      const seen = lines.filter(([key]) => key?.toLowerCase() === name).map(([, text]) => text);
      // the client's own
      const own: Record<string, string> = { host: `good.test:${server.port}`, connection: 'keep-alive' };
      expect(seen).toEqual(value === undefined ? (name in own ? [own[name]] : []) : [value]);
    }
    if (row.why === 'GET with body') expect(server.received.at(-1)).toMatch(/^GET [\s\S]*\r\n\r\nx$/);
  });
});
