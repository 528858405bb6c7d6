/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
import { expect } from 'vitest';

import { ALL_SCOPES, type Bench, type Scopes } from '../bench.js';
import type { Sentence } from '../contract.js';
import { fails, gives, type Row, row, runBody } from '../row.js';
import type { Seen } from '../upstream.js';

const NO_SCOPES: Scopes = {};

/** What `attempt` of a body says of a call that failed. */
const ends = (sentence: Sentence, call: string, expected: string, scopes?: Scopes): Row =>
  gives(sentence, `return attempt(() => ${call});`, expected, scopes ? { scopes } : {});

/** What the upstream saw of `request(upstream + path, options)`. */
async function sent(bench: Bench, path: string, options: string): Promise<Seen> {
  return (await runBody(bench, `return (await request(upstream + ${JSON.stringify(path)}, ${options})).data;`)) as Seen;
}

function sends(sentence: Sentence, options: string, expected: object, path = '/echo'): Row {
  return row(sentence, `${path} ${options}`, async (bench) =>
    expect(await sent(bench, path, options)).toMatchObject(expected),
  );
}

/** The `data` of a response with this text. */
function parses(text: string, data: unknown, type = 'text/plain'): Row {
  const path = `/text?type=${encodeURIComponent(type)}&body=${encodeURIComponent(text)}`;
  return gives('6 directus:api: data', `return [(await request(upstream + ${JSON.stringify(path)})).data];`, [data]);
}

/** What a redirect comes to: method and body of the last hop. */
function redirects(status: number, method: string, becomes: string): Row {
  return row('6 directus:api: redirects', `${status} after ${method} becomes ${becomes}`, async (bench) => {
    const body = method === 'GET' ? '' : 'kept=1';
    const found = await sent(bench, `/redirect/${status}`, `{ method: '${method}'${body && `, body: '${body}'`} }`);
    expect(found).toMatchObject({ method: becomes, url: '/echo', body: becomes === method ? body : '' });
  });
}

const FAILURE = "const error = await request(upstream + '/status/404').catch((thrown) => thrown); ";
const REQUEST_ONLY = (urls: string[], methods: string[]): Scopes => ({ request: { urls, methods } });

/** One wrong call after the other, each of which also fails all later checks. */
const ORDER: readonly [call: string, scopes: Scopes, expected: string][] = [
  ['request(5, null)', NO_SCOPES, 'TypeError: Request url has to be of type string'],
  ["request('https://no.test/', null)", NO_SCOPES, 'TypeError: Request options has to be of type object'],
  ["request('https://no.test/', { method: 5 })", NO_SCOPES, 'Error: No permission to access "request"'],
  ["request('https://no.test/', { method: 5 })", ALL_SCOPES, 'Error: No permission to request "https://no.test/"'],
  [
    "request(upstream + '/echo', { method: 5, body: 5, headers: 5 })",
    ALL_SCOPES,
    'TypeError: Request method has to be of type string',
  ],
  [
    "request(upstream + '/echo', { method: 'get', body: 5, headers: 5 })",
    ALL_SCOPES,
    'TypeError: Request body has to be of type string or object',
  ],
  [
    "request(upstream + '/echo', { method: 'get', headers: 5 })",
    ALL_SCOPES,
    'TypeError: Request headers has to be of type object',
  ],
  ["request(upstream + '/echo', { method: 'get' })", ALL_SCOPES, 'Error: No permission to use request method "get"'],
];

export const apiRows: readonly Row[] = [
  ...["sleep('5')", 'sleep()', 'request()', 'request(5)', "request('x', 5)", "request('https://no.test/')"].map(
    (call) => gives('6 directus:api: rejections', `return attemptSync(() => ${call});`, 'a promise'),
  ),
  ...['sleep(1)', "request('https://x.test/')"].map((call) =>
    gives('6 directus:api: rejections', `return attemptSync(() => ${call});`, 'a promise', { scopes: NO_SCOPES }),
  ),
  gives(
    '6 directus:api: instanceof',
    "const kinds = []; for (const call of [() => log(5), () => sleep('x'), () => request(5), () => request('https://no.test/'), () => request(upstream + '/status/500'), () => request(upstream + '/nothing')]) { try { await call(); } catch (error) { kinds.push(error instanceof Error, Object.prototype.toString.call(error)); } } return kinds;",
    Array.from({ length: 6 }, () => [true, '[object Error]']).flat(),
  ),
  ends('6 directus:api: log order', 'log(5)', 'Error: No permission to access "log"', NO_SCOPES),
  ends('6 directus:api: log order', 'log()', 'TypeError: Log message has to be of type string'),
  ...['null', '{}', "new String('x')", '() => {}', 'Symbol()'].map((value) =>
    ends('6 directus:api: log order', `log(${value})`, 'TypeError: Log message has to be of type string'),
  ),
  gives(
    '6 directus:api: log order',
    'return attemptSync(() => log(5));',
    'TypeError: Log message has to be of type string',
  ),
  row('6 directus:api: log', 'verbatim, in order, at info level', async (bench) => {
    const before = bench.logs.length;
    const messages = ['plain', '', ' a\nb\u001b[31m ', 'a\0b', '\ud800', '語', '{"a":1}'];
    expect(
      await runBody(bench, 'return payload.map((message) => log(message, "more"));', { payload: messages }),
    ).toEqual(messages.map(() => undefined));
    expect(bench.logs.slice(before)).toEqual(
      messages.map((message) => ({
        extension: expect.any(String),
        callId: expect.any(Number),
        level: 'info',
        message,
      })),
    );
  }),
  ends('6 directus:api: sleep order', "sleep('x')", 'Error: No permission to access "sleep"', NO_SCOPES),
  ...['', "'5'", 'null', '5n', '{}'].map((value) =>
    ends('6 directus:api: sleep order', `sleep(${value})`, 'TypeError: Sleep milliseconds has to be of type number'),
  ),
  ...['-1', 'NaN', '-Infinity', 'Infinity', '2 ** 31', '0', '0.5'].map((value) =>
    gives('6 directus:api: sleep', `return [await sleep(${value})];`, [undefined]),
  ),
  gives('6 directus:api: sleep', 'const before = Date.now(); await sleep(40); return Date.now() - before >= 39;', true),
  gives(
    '6 directus:api: sleep',
    'const order = []; await Promise.all([sleep(40).then(() => order.push("long")), sleep(5).then(() => order.push("short"))]); return order;',
    ['short', 'long'],
  ),
  ...ORDER.map(([call, scopes, expected]) => ends('6 directus:api: request order', call, expected, scopes)),
  ...['', 'null', '{}', "new String('x')", '[upstream]', 'Symbol()', '() => {}'].map((value) =>
    ends('6 directus:api: url type', `request(${value})`, 'TypeError: Request url has to be of type string'),
  ),
  ...['null', '5', "'GET'", '() => {}', 'Symbol()', 'true'].map((value) =>
    ends(
      '6 directus:api: options type',
      `request(upstream + '/echo', ${value})`,
      'TypeError: Request options has to be of type object',
    ),
  ),
  gives(
    '6 directus:api: options type',
    "return [(await request(upstream + '/echo', undefined)).status, (await request(upstream + '/echo', [])).status];",
    [200, 200],
  ),
  ends('6 directus:api: scope', "request(upstream + '/echo')", 'Error: No permission to access "request"', NO_SCOPES),
  fails(
    '6 directus:api: scope',
    "await request(upstream + '/echo');",
    { code: 'E_SCOPE', message: 'No permission to access "request"' },
    { scopes: NO_SCOPES },
  ),
  ...[
    'https://no.test/',
    'HTTP://No.test/A b',
    'x',
    '',
    'file:///etc/passwd',
    'http://allowed.test@evil.test/',
    '//allowed.test/',
  ].map((url) =>
    ends(
      '6 directus:api: url permission',
      `request(${JSON.stringify(url)})`,
      `Error: No permission to request "${url}"`,
    ),
  ),
  ...['method: null', 'method: 5', 'method: {}', "method: ['GET']"].map((option) =>
    ends(
      '6 directus:api: option types',
      `request(upstream + '/echo', { ${option} })`,
      'TypeError: Request method has to be of type string',
    ),
  ),
  ...['body: null', 'body: 5', 'body: true', 'body: () => {}', 'body: Symbol()'].map((option) =>
    ends(
      '6 directus:api: option types',
      `request(upstream + '/echo', { ${option} })`,
      'TypeError: Request body has to be of type string or object',
    ),
  ),
  ...['headers: null', "headers: 'a: b'", 'headers: 5', 'headers: () => {}'].map((option) =>
    ends(
      '6 directus:api: option types',
      `request(upstream + '/echo', { ${option} })`,
      'TypeError: Request headers has to be of type object',
    ),
  ),
  gives(
    '6 directus:api: option types',
    "return (await request(upstream + '/echo', { method: undefined, body: undefined, headers: undefined })).data.method;",
    'GET',
  ),
  ...['get', 'Post', 'HEAD', 'OPTIONS', ''].map((method) =>
    ends(
      '6 directus:api: method',
      `request(upstream + '/echo', { method: '${method}' })`,
      `Error: No permission to use request method "${method}"`,
    ),
  ),
  row('6 directus:api: method', 'one that is not granted', async (bench) => {
    const scopes = REQUEST_ONLY([`${bench.upstream.origin}/*`], ['POST']);
    expect(
      await runBody(
        bench,
        "return [await attempt(() => request(upstream + '/echo')), (await request(upstream + '/echo', { method: 'POST' })).data.method];",
        { scopes },
      ),
    ).toEqual(['Error: No permission to use request method "GET"', 'POST']);
  }),
  ...['GET', 'POST', 'PATCH', 'PUT', 'DELETE'].map((method) =>
    sends('6 directus:api: method', `{ method: '${method}' }`, { method }),
  ),
  gives(
    '6 directus:api: result',
    "const answer = await request(upstream + '/status/201'); return [Object.keys(answer), answer.status, answer.statusText, answer.data];",
    [['status', 'statusText', 'headers', 'data'], 201, 'Created', { why: 'because' }],
  ),
  gives(
    '6 directus:api: result headers',
    "const { headers } = await request(upstream + '/cookies'); return [headers['set-cookie'], headers['x-case'], Object.keys(headers).filter((name) => name !== name.toLowerCase())];",
    [['a=1', 'b=2'], 'Kept', []],
  ),
  parses('{"a":[1]}', { a: [1] }, 'text/html'),
  parses('[1]', [1]),
  parses(' 5 ', 5),
  parses('true', true),
  parses('null', null),
  parses('"quoted"', 'quoted'),
  parses('plain text', 'plain text', 'application/json'),
  parses('{broken', '{broken', 'application/json'),
  ...['1 2', 'truely', '['.repeat(2_000), '[1,]', "{'a':1}"].map((text) => parses(text, text)),
  parses('{"__proto__":{"a":1}}', JSON.parse('{"__proto__":{"a":1}}')),
  parses('', ''),
  parses('', '', 'application/json'),
  parses('é語', 'é語'),
  ...['gzip', 'deflate', 'br'].map((encoding) =>
    gives('6 directus:api: decoding', `return (await request(upstream + '/encoded?as=${encoding}')).data;`, {
      plain: true,
    }),
  ),
  sends('6 directus:api: object body', "{ method: 'POST', body: { a: [1, null], b: { c: 'é' } } }", {
    body: '{"a":[1,null],"b":{"c":"é"}}',
    headers: { 'content-type': 'application/json' },
  }),
  sends('6 directus:api: object body', "{ method: 'POST', body: [1, 2] }", {
    body: '[1,2]',
    headers: { 'content-type': 'application/json' },
  }),
  sends(
    '6 directus:api: object body',
    "{ method: 'POST', body: { a: 1 }, headers: { 'Content-Type': 'application/vnd.api+json' } }",
    { body: '{"a":1}', headers: { 'content-type': 'application/vnd.api+json' } },
  ),
  sends(
    '6 directus:api: object body',
    "{ method: 'POST', body: { a: 1, b: { c: [1, 2], d: 'x y' }, e: null, list: ['p', 'q'] }, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }",
    {
      body: 'a=1&b%5Bc%5D%5B0%5D=1&b%5Bc%5D%5B1%5D=2&b%5Bd%5D=x+y&list%5B%5D=p&list%5B%5D=q',
    },
  ),
  row('6 directus:api: object body', 'multipart', async (bench) => {
    const { headers, body } = await sent(
      bench,
      '/echo',
      "{ method: 'POST', body: { a: 'x', b: { c: 1 } }, headers: { 'content-type': 'multipart/form-data' } }",
    );
    const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(String(headers['content-type']))?.[1];
    const fields = await new Response(body, {
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    }).formData();
    expect([...fields]).toEqual([
      ['a', 'x'],
      ['b[c]', '1'],
    ]);
  }),
  sends('6 directus:api: string body', "{ method: 'POST', body: 'a=1&b=2' }", {
    body: 'a=1&b=2',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }),
  sends(
    '6 directus:api: string body',
    "{ method: 'POST', body: JSON.stringify({ a: 1 }), headers: { 'CONTENT-TYPE': 'application/json' } }",
    { body: '{"a":1}', headers: { 'content-type': 'application/json' } },
  ),
  sends('6 directus:api: string body', "{ method: 'POST', body: 'é語' , headers: { 'content-type': 'text/plain' } }", {
    body: 'é語',
  }),
  sends('6 directus:api: get body', '{ body: { query: 1 } }', { method: 'GET', body: '{"query":1}' }),
  sends('6 directus:api: get body', "{ method: 'DELETE', body: 'x' }", { method: 'DELETE', body: 'x' }),
  sends('6 directus:api: header values', "{ headers: { 'X-Number': 5, 'x-list': ['a', 1], 'x-text': 'as it is' } }", {
    headers: { 'x-number': '5', 'x-list': 'a, 1', 'x-text': 'as it is' },
  }),
  row('6 directus:api: header values', 'null and undefined', async (bench) => {
    const { headers } = await sent(
      bench,
      '/echo',
      "{ headers: { 'x-null': null, 'x-undefined': undefined, 'x-there': '1' } }",
    );
    expect([Object.hasOwn(headers, 'x-null'), Object.hasOwn(headers, 'x-undefined'), headers['x-there']]).toEqual([
      false,
      false,
      '1',
    ]);
  }),
  ...['a\\r\\nX-Evil: 1', 'a\\nb', 'a\\rb'].map((value) =>
    ends(
      '6 directus:api: header values',
      `request(upstream + '/echo', { headers: { 'x-a': '${value}' } })`,
      'TypeError: Invalid character in request header "x-a"',
    ),
  ),
  ...[
    ['{ a() {} }', 'TypeError: Request body cannot be sent as JSON: it has a function'],
    ['[Symbol()]', 'TypeError: Request body cannot be sent as JSON: it has a symbol'],
    ['{ toJSON() {} }', 'TypeError: Request body cannot be sent as JSON: it has a function'],
    ['{ a: new Map([[1, 2]]) }', 'TypeError: Request body cannot be sent as JSON: it has a Map'],
    ['{ a: 1n }', 'TypeError: Request body cannot be sent as JSON: it has a bigint'],
    [
      'Array.from({ length: 60 }).reduce((value) => [value, value], 1)',
      'Error: Request body is too large: over 262144 values, each counted wherever it stands',
    ],
  ].map(([value, expected]) =>
    ends(
      '6 directus:api: whole body',
      `request(upstream + '/echo', { method: 'POST', body: ${value} })`,
      expected!, // of each pair
    ),
  ),
  ...['expect', 'TE', 'trailer', 'transfer-encoding', 'upgrade', 'via', 'host', 'proxy-authorization', 'sec-x'].map(
    (name) =>
      ends(
        '6 directus:api: client headers',
        `request(upstream + '/echo', { headers: { '${name}': 'x' } })`,
        `Error: No permission to use request header "${name.toLowerCase()}"`,
      ),
  ),
  sends(
    '6 directus:api: client headers',
    "{ headers: { Host: new RegExp('//(.*)').exec(upstream)[1], connection: 'close', 'content-length': '99', 'keep-alive': 'x' } }",
    { headers: { host: expect.stringMatching(/^allowed\.test:\d+$/), connection: 'keep-alive' } },
  ),
  ends(
    '6 directus:api: header bounds',
    "request(upstream + '/echo', { headers: Object.fromEntries(Array.from({ length: 101 }, (_, index) => ['h' + index, 'v'])) })",
    'Error: Request headers are too large: over 100 headers',
  ),
  ends(
    '6 directus:api: header bounds',
    "request(upstream + '/echo', { headers: { a: 'x'.repeat(16_384) } })",
    'Error: Request headers are too large: over 16384 bytes',
  ),
  sends('6 directus:api: non-ascii', '{}', { url: '/echo/%C3%A9?q=%E8%AA%9E' }, '/echo/é?q=語'),
  sends('6 directus:api: non-ascii', '{}', { url: '/echo/%C3%A9' }, '/echo/%C3%A9'),
  sends('6 directus:api: non-ascii', '{}', { url: '/echo/a%20b?c%20d' }, '/echo/a b?c d'),
  sends('6 directus:api: non-ascii', '{}', { url: '/echo/a%C2%A0b?c%E3%80%80d' }, '/echo/a\u00a0b?c\u3000d'),
  sends('6 directus:api: non-ascii', '{}', { url: '/echo/%7B%7D%7C%5E%60?%7B%7D%7C%5E%60%5C' }, '/echo/{}|^`?{}|^`\\'),
  sends(
    '6 directus:api: non-ascii',
    '{}',
    { url: '/echo?filter=%7B%22x%22:%7B%22_eq%22:1%7D%7D' },
    '/echo?filter={"x":{"_eq":1}}',
  ),
  ...['/a\\b', '/a\tb', '/a\r\nb', '/a?\nb', '/a\u0085', '/a '].map((path) =>
    row('6 directus:api: unclear url', JSON.stringify(path), async (bench) => {
      const body = `return attempt(() => request(upstream + ${JSON.stringify(path)}));`;
      expect(await runBody(bench, body)).toBe(`Error: No permission to request "${bench.upstream.origin}${path}"`);
    }),
  ),
  sends(
    '6 directus:api: unknown options',
    "{ timeout: 1, baseURL: 'https://evil.test', params: { a: 1 }, maxRedirects: 0, auth: { username: 'x' } }",
    { url: '/echo', method: 'GET' },
  ),
  ...[400, 401, 404, 418, 500, 503].map((status) =>
    ends(
      '6 directus:api: status failure',
      `request(upstream + '/status/${status}')`,
      `Error: Request failed with status code ${status}`,
    ),
  ),
  ends(
    '6 directus:api: status failure',
    "request(upstream + '/status/304')",
    'Error: Request failed with status code 304',
  ),
  fails('6 directus:api: status failure', "await request(upstream + '/status/404');", {
    code: 'E_GUEST',
    message: 'Request failed with status code 404',
  }),
  gives(
    '6 directus:api: response',
    `${FAILURE}return [String(error.response) === error.response.valueOf(), Object.keys(JSON.parse(error.response)), typeof error.status, error.status, typeof error.code];`,
    [true, ['status', 'statusText', 'headers', 'data'], 'number', 404, 'string'],
  ),
  gives(
    '6 directus:api: response',
    `${FAILURE}const { status, statusText, headers, data } = JSON.parse(error.response); return [status, statusText, headers['x-answer'], data];`,
    [404, 'Not Found', 'yes', { why: 'because' }],
  ),
  gives(
    '6 directus:api: response',
    "const error = await request(upstream + '/status/500/not%20json').catch((thrown) => thrown); return JSON.parse(error.response).data;",
    'not json',
  ),
  gives(
    '6 directus:api: response',
    `${FAILURE}const { status, statusText, headers, data } = error.response; return [status, statusText, headers['x-answer'], data.why, error.response instanceof String];`,
    [404, 'Not Found', 'yes', 'because', true],
  ),
  gives(
    '6 directus:api: response',
    "const error = await request(upstream + '/status/500/not%20json').catch((thrown) => thrown); return [error.response.data, JSON.parse(error.response)];",
    ['not json', expect.objectContaining({ status: 500, data: 'not json' })],
  ),
  gives(
    '6 directus:api: response',
    "Object.prototype.toJSON = String.prototype.toJSON = () => 'patched'; JSON.parse = JSON.stringify = () => 'patched'; const error = await request(upstream + '/status/500/not%20%22json%22').catch((thrown) => thrown); return String(error.response).includes('\"data\":\"not \\\\\"json\\\\\"\"}');",
    true,
  ),
  gives('6 directus:api: error properties', `${FAILURE}return [JSON.stringify(error), Object.keys(error)];`, [
    '{}',
    [],
  ]),
  gives(
    '6 directus:api: error properties',
    "const error = await request(upstream + '/nothing', { method: 'no' }).catch((thrown) => thrown); return Object.keys(error);",
    [],
  ),
  gives(
    '6 directus:api: no request headers',
    "const error = await request(upstream + '/status/401', { headers: { Authorization: 'Bearer secret' } }).catch((thrown) => thrown); return [error.message + error.stack + error.response + JSON.stringify(error)].some((text) => text.includes('secret'));",
    false,
  ),
  redirects(301, 'GET', 'GET'),
  redirects(302, 'GET', 'GET'),
  redirects(303, 'GET', 'GET'),
  redirects(307, 'GET', 'GET'),
  redirects(301, 'POST', 'GET'),
  redirects(302, 'POST', 'GET'),
  redirects(303, 'POST', 'GET'),
  redirects(303, 'PUT', 'GET'),
  redirects(307, 'POST', 'POST'),
  redirects(308, 'POST', 'POST'),
  redirects(302, 'PUT', 'PUT'),
  redirects(308, 'DELETE', 'DELETE'),
  ends(
    '6 directus:api: redirect gate',
    "request(upstream + '/redirect/302?to=' + encodeURIComponent('https://evil.test/'))",
    'Error: No permission to request "https://evil.test/"',
  ),
  ends(
    '6 directus:api: redirect gate',
    "request(upstream + '/redirect/302?to=' + encodeURIComponent('http://127.0.0.1/'))",
    'Error: No permission to request "http://127.0.0.1/"',
  ),
  row('6 directus:api: redirect gate', 'the method', async (bench) => {
    const scopes = REQUEST_ONLY([`${bench.upstream.origin}/*`], ['POST']);
    expect(
      await runBody(bench, "return attempt(() => request(upstream + '/redirect/303', { method: 'POST' }));", {
        scopes,
      }),
    ).toBe('Error: No permission to use request method "GET"');
  }),
  row('6 directus:api: redirect gate', 'the address', async (bench) => {
    const scopes = REQUEST_ONLY(['http://*:*/*'], ['GET']);
    const body =
      "return attempt(() => request(upstream + '/redirect/302?to=' + encodeURIComponent('http://10.0.0.1/')));";
    expect(await runBody(bench, body, { scopes })).toBe(
      'Error: Requested domain "10.0.0.1" resolves to a denied IP address',
    );
  }),
  row('6 directus:api: redirect credentials', 'to another origin', async (bench) => {
    const scopes = REQUEST_ONLY(['http://*:*/*'], ['GET']);
    const body = `const headers = { Authorization: 'Bearer secret', Cookie: 'a=1', 'X-Api-Key': 'k', Accept: 'text/x' };
      const there = (await request(upstream + '/redirect/302?to=' + encodeURIComponent('http://other.test:${bench.upstream.port}/echo'), { headers })).data.headers;
      const here = (await request(upstream + '/redirect/302', { headers })).data.headers;
      return [there.authorization, there.cookie, there['x-api-key'], there.accept, here.authorization, here.cookie];`;
    expect(await runBody(bench, body, { scopes })).toEqual([
      undefined,
      undefined,
      undefined,
      'text/x',
      'Bearer secret',
      'a=1',
    ]);
  }),
];
