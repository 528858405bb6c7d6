/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { expect } from 'vitest';

import type { Bench } from '../bench.js';
import type { Sentence } from '../contract.js';
import { type Row, row } from '../row.js';

/** What came back over HTTP. */
interface Answer {
  status: number;
  type: string | null;
  text: string;
  headers: Headers;
}

async function ask(bench: Bench, path: string, init?: RequestInit): Promise<Answer> {
  const response = await bench.host.fetch(new Request(`http://host.test${path}`, init));
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
    headers: response.headers,
  };
}

/** An endpoint of one GET route at `/`, whose handler is this. */
const endpoint = (handler: string): string => `export default (router) => router.get('/', ${handler});`;

/** Asks an endpoint whose handler is this. */
async function answer(bench: Bench, handler: string, path = '', init?: RequestInit): Promise<Answer> {
  await using loaded = await bench.load('endpoint', endpoint(handler));
  return await ask(bench, `/${loaded.name}${path}`, init); // before the extension is let go
}

function answers(sentence: Sentence, handler: string, expected: Partial<Answer>): Row {
  return row(sentence, handler, async (bench) => expect(await answer(bench, handler)).toMatchObject(expected));
}

/** Body and type of a result with this body. */
function sends(sentence: Sentence, body: string, type: string | null, text: string): Row {
  return answers(sentence, `() => ({ status: 200, body: ${body} })`, { status: 200, type, text });
}

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const INTERNAL =
  '{"errors":[{"message":"An unexpected error occurred.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}';

/** A handler that ends in a 500, and what the log of the host says. */
function breaks(handler: string, reported: RegExp): Row {
  return row('5 calls: 500', handler, async (bench) => {
    const before = bench.reported.length;
    expect(await answer(bench, handler)).toMatchObject({ status: 500, type: JSON_TYPE, text: INTERNAL });
    expect(bench.reported.slice(before).map(({ error }) => error.message)).toEqual([expect.stringMatching(reported)]);
  });
}

/** The argument of a handler that is asked for this path. */
async function seen(bench: Bench, path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const source =
    "export default (router) => { for (const method of ['get', 'post']) router[method]('*', (...args) => ({ status: 200, body: { count: args.length, request: args[0], keys: Object.keys(args[0]) } })); };";
  await using loaded = await bench.load('endpoint', source);
  const { text } = await ask(bench, `/${loaded.name}${path}`, init);
  const { count, request, keys } = JSON.parse(text) as {
    count: number;
    request: Record<string, unknown>;
    keys: string[];
  };
  expect([count, keys]).toEqual([1, ['url', 'headers', 'body']]);
  return request;
}

function urlIs(path: string, expected: string): Row {
  return row('5 calls: url', `${path || '(nothing)'} is ${expected}`, async (bench) =>
    expect((await seen(bench, path))['url']).toBe(expected),
  );
}

const post = (body: string | Uint8Array, type = 'application/json', coding = 'identity'): RequestInit => ({
  method: 'POST',
  body: body as BodyInit, // lib.dom knows no array over shared memory, and this is none
  headers: { 'content-type': type, 'content-encoding': coding },
});

function bodyIs(title: string, init: RequestInit, expected: unknown): Row {
  return row('5 calls: body', title, async (bench) =>
    expect((await seen(bench, '/', init))['body']).toStrictEqual(expected),
  );
}

/** A body that runs no handler. */
function refuses(title: string, init: RequestInit, status: number): Row {
  return row('5 calls: unreadable body', title, async (bench) => {
    const before = bench.reported.length;
    const source = "export default (router) => router.post('*', () => { throw new Error('it ran'); });";
    await using loaded = await bench.load('endpoint', source);
    expect((await ask(bench, `/${loaded.name}`, init)).status).toBe(status);
    expect(bench.reported).toHaveLength(before);
  });
}

/** A route of this path is found by these paths, and not by those. */
function matches(
  path: string,
  yes: readonly string[],
  no: readonly string[],
  sentence: Sentence = '5 calls: paths',
): Row {
  return row(sentence, path, async (bench) => {
    await using loaded = await bench.load(
      'endpoint',
      `export default (router) => router.get(${JSON.stringify(path)}, () => ({ status: 200 }));`,
    );
    const statuses = (paths: readonly string[]): Promise<number[]> =>
      Promise.all(paths.map(async (each) => (await ask(bench, `/${loaded.name}${each}`)).status));
    expect(await statuses(yes)).toEqual(yes.map(() => 200));
    expect(await statuses(no)).toEqual(no.map(() => 404));
  });
}

/** Runs the filters of one hook extension over a payload, and says what they make of it. */
function filters(
  sentence: Sentence,
  title: string,
  source: string,
  [given, expected]: readonly [unknown, unknown],
): Row {
  return row(sentence, title, async (bench) => {
    await using _ = await bench.load('hook', `export default ({ filter }) => { ${source} };`);
    expect(await bench.host.filter('items.create', given)).toStrictEqual(expected);
  });
}

/** A handler that listens to `pattern` hears these events, and not those. */
function hears(pattern: string, yes: readonly string[], no: readonly string[]): Row {
  return row('5 calls: wildcards', pattern, async (bench) => {
    await using _ = await bench.load(
      'hook',
      `export default ({ filter }) => filter(${JSON.stringify(pattern)}, () => 'heard');`,
    );
    const heard = (events: readonly string[]): Promise<unknown[]> =>
      Promise.all(events.map((event) => bench.host.filter(event, 'silence')));
    expect(await heard(yes)).toEqual(yes.map(() => 'heard'));
    expect(await heard(no)).toEqual(no.map(() => 'silence'));
  });
}

function operates(sentence: Sentence, handler: string, expected: unknown, argument?: unknown): Row {
  return row(sentence, handler, async (bench) => {
    await using _ = await bench.load('operation', `export default { id: 'row', handler: ${handler} };`);
    expect(await bench.host.operation('row', argument)).toStrictEqual(expected);
  });
}

function rejects(sentence: Sentence, handler: string, properties: object): Row {
  return row(sentence, handler, async (bench) => {
    await using _ = await bench.load('operation', `export default { id: 'row', handler: ${handler} };`);
    await expect(bench.host.operation('row')).rejects.toMatchObject(properties);
  });
}

export const callRows: readonly Row[] = [
  ...['plain', 'with-dash', '@acme/scoped', '@Acme/Mixed.case_1'].map((name) =>
    row('5 calls: mount', name, async (bench) => {
      await using _ = await bench.load('endpoint', endpoint("() => ({ status: 200, body: 'here' })"), { name });
      expect(await ask(bench, `/${name}`)).toMatchObject({ status: 200, text: 'here' });
      expect((await ask(bench, '/nobody')).status).toBe(404);
    }),
  ),
  ...['victim', '@acme/victim'].map((name) =>
    row('5 calls: one mount', name, async (bench) => {
      await using _ = await bench.load('endpoint', endpoint("() => ({ status: 200, body: 'first' })"), { name });
      const other = bench.load('endpoint', endpoint("() => ({ status: 200, body: 'second' })"), {
        name: name.toUpperCase(),
      });
      await expect(other).rejects.toMatchObject({ code: 'E_LOAD', message: expect.stringContaining(`"${name}"`) });
      expect(await ask(bench, `/${name.toUpperCase()}`)).toMatchObject({ status: 200, text: 'first' });
    }),
  ),
  row('5 calls: one form', 'escapes in mount and route', async (bench) => {
    const source = "export default (router) => router.get('/hello', ({ url }) => ({ status: 200, body: { url } }));";
    await using _ = await bench.load('endpoint', source, { name: '@acme/e' });
    expect((await ask(bench, '/%40acme/%65/%48ell%6f?%61')).text).toBe('{"url":"/%48ell%6f?%61"}');
    expect((await ask(bench, '/%40acme%2Fe/hello')).status).toBe(404);
  }),
  row('5 calls: request', 'three properties, one argument', async (bench) =>
    expect(Object.keys(await seen(bench, '/'))).toEqual(['url', 'headers', 'body']),
  ),
  ...(
    [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const
  ).map(([coding, encode]) =>
    row('5 calls: coded body', coding, async (bench) =>
      expect((await seen(bench, '/', post(encode('{"a":1}'), 'application/json', coding)))['body']).toEqual({ a: 1 }),
    ),
  ),
  row('5 calls: body', 'a long one', async (bench) => {
    const body = { a: Array.from({ length: 20_000 }, (_, i) => ({ i })), b: '\u2028"\\' };
    expect((await seen(bench, '/', post(JSON.stringify(body))))['body']).toEqual(body);
  }),
  refuses('a long one that is not JSON', post(`[${'{},'.repeat(20_000)}]`), 400),
  refuses('not JSON', post('{'), 400),
  refuses('nested 100,000 deep', post('['.repeat(100_000) + ']'.repeat(100_000)), 400),
  refuses('not in its coding', post('{}', 'application/json', 'gzip'), 400),
  refuses('not in UTF-8', post(Buffer.from('{"a":"\xe9"}', 'latin1')), 400),
  refuses('an unknown coding', post('{}', 'application/json', 'compress'), 415),
  refuses('a charset that is none of JSON', post('{}', 'application/json; charset=iso-8859-1'), 415),
  refuses('too long when inflated', post(gzipSync(`"${'x'.repeat(2_000_000)}"`), 'application/json', 'gzip'), 413),
  answers('5 calls: status', "() => ({ status: '201', body: 'x' })", { status: 201, text: 'x' }),
  row('5 calls: options', 'GET, HEAD and POST', async (bench) => {
    const source =
      "export default (router) => { router.post('/a', () => ({ status: 200 })); router.get('/:id', () => ({ status: 200 })); };";
    await using loaded = await bench.load('endpoint', source);
    const { status, headers, text } = await ask(bench, `/${loaded.name}/a`, { method: 'OPTIONS' });
    expect([status, headers.get('allow'), text]).toEqual([200, 'GET,HEAD,POST', 'GET,HEAD,POST']);
    expect((await ask(bench, `/${loaded.name}`, { method: 'OPTIONS' })).status).toBe(404);
  }),
  row('5 calls: etag', 'given, and given back', async (bench) => {
    await using loaded = await bench.load('endpoint', endpoint('() => ({ status: 200, body: { a: 1 } })'));
    const first = await ask(bench, `/${loaded.name}`);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    const headers = { 'if-none-match': etag };
    expect(await ask(bench, `/${loaded.name}`, { headers })).toMatchObject({ status: 304, type: null, text: '' });
    expect(await ask(bench, `/${loaded.name}`, { headers: { 'if-none-match': '"x"' } })).toMatchObject({ status: 200 });
  }),
  urlIs('', '/'),
  urlIs('/', '/'),
  urlIs('/a/b', '/a/b'),
  urlIs('/a/B%20c?x=1&y=%41', '/a/B%20c?x=1&y=%41'),
  urlIs('?q=é', '/?q=%C3%A9'),
  row('5 calls: headers', 'lower-case', async (bench) => {
    expect(
      (await seen(bench, '/', { headers: { 'X-Mixed-Case': 'Kept As It Is', Accept: '*/*' } }))['headers'],
    ).toMatchObject({ 'x-mixed-case': 'Kept As It Is', accept: '*/*' });
  }),
  row('5 calls: headers', 'set-cookie', async (bench) => {
    const headers = new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2; Path=/'],
    ]);
    expect((await seen(bench, '/', { headers }))['headers']).toMatchObject({ 'set-cookie': ['a=1', 'b=2; Path=/'] });
    expect((await seen(bench, '/', { headers: [['Set-Cookie', 'one=1']] }))['headers']).toMatchObject({
      'set-cookie': ['one=1'],
    });
  }),
  bodyIs('GET', {}, {}),
  bodyIs('an object', post('{"a":[1,null]}'), { a: [1, null] }),
  bodyIs('a list', post('[1]'), [1]),
  bodyIs('an empty body', post(''), {}),
  bodyIs('text', post('plain', 'text/plain'), {}),
  bodyIs('a charset', post('{"é":1}', 'application/json; charset=utf-8'), { é: 1 }),
  bodyIs('a key called __proto__', post('{"__proto__":{"x":1},"y":2}'), JSON.parse('{"__proto__":{"x":1},"y":2}')),
  sends('5 calls: string', "'<p>hi</p>'", HTML, '<p>hi</p>'),
  sends('5 calls: string', "''", HTML, ''),
  sends('5 calls: string', "'é語'", HTML, 'é語'),
  sends('5 calls: json', '{ a: [1, null] }', JSON_TYPE, '{"a":[1,null]}'),
  sends('5 calls: json', '[]', JSON_TYPE, '[]'),
  sends(
    '5 calls: json',
    '{ at: new Date(0), gone: undefined, odd: NaN }',
    JSON_TYPE,
    '{"at":"1970-01-01T00:00:00.000Z","odd":null}',
  ),
  sends('5 calls: empty', 'null', null, ''),
  sends('5 calls: empty', 'undefined', null, ''),
  answers('5 calls: empty', '() => ({ status: 202 })', { status: 202, type: null, text: '' }),
  answers('5 calls: empty', '() => ({ status: 204 })', { status: 204, text: '' }),
  row('5 calls: head', 'the headers without the body', async (bench) => {
    const response = await answer(bench, "() => ({ status: 200, body: 'four' })", '', { method: 'HEAD' });
    expect(response).toMatchObject({ status: 200, type: HTML, text: '' });
    expect(response.headers.get('content-length')).toBe('4');
  }),
  row('5 calls: head', 'not to POST', async (bench) => {
    await using loaded = await bench.load(
      'endpoint',
      "export default (router) => router.post('/', () => ({ status: 200 }));",
    );
    expect((await ask(bench, `/${loaded.name}`, { method: 'HEAD' })).status).toBe(404);
    expect((await ask(bench, `/${loaded.name}`)).status).toBe(404);
  }),
  matches(
    '/Some/Path',
    ['/some/path', '/SOME/PATH', '/Some/Path/'],
    ['/some', '/some/path/x', '/some/path//'],
    '5 calls: case and slash',
  ),
  matches('/', ['', '/', '?x'], ['/x'], '5 calls: case and slash'),
  matches('/end/', ['/end', '/end/'], ['/'], '5 calls: case and slash'),
  row('5 calls: first wins', 'static after a parameter', async (bench) => {
    await using loaded = await bench.load(
      'endpoint',
      "export default (router) => { for (const path of ['/:any', '/static', '/:any']) router.get(path, () => ({ status: 200, body: path })); };",
    );
    expect((await ask(bench, `/${loaded.name}/static`)).text).toBe('/:any');
  }),
  row('5 calls: first wins', 'the same path twice', async (bench) => {
    await using loaded = await bench.load(
      'endpoint',
      "export default (router) => { for (const body of ['first', 'second']) router.get('/x', () => ({ status: 200, body })); };",
    );
    expect((await ask(bench, `/${loaded.name}/X/`)).text).toBe('first');
  }),
  matches('/static', ['/static'], ['/stati', '/statics']),
  matches('/:id', ['/1', '/a%2Fb', '/a.b'], ['', '/', '/1/2']),
  matches('/a/:x/c/:y', ['/a/1/c/2'], ['/a/1/c', '/a//c/2', '/a/1/2/c/3']),
  matches('/:from-:to', ['/1-2', '/a-b'], ['/1', '/-']),
  matches('/:id?', ['', '/', '/1'], ['/1/2']),
  matches('/colou?r', ['/color', '/colour'], ['/colouur']),
  matches('*', ['', '/', '/a', '/a/b/c'], []),
  matches('/files/*', ['/files/a', '/files/a/b'], ['/file']),
  matches('/a*z', ['/az', '/abcz', '/a/b/z'], ['/a', '/ab']),
  ...['/(\\d+)', '/:id(\\d+)', '/[a-z]', '/a|b', '/(.*)', '/a+(b', '/:path+', '/a$', '/a+b'].map((path) =>
    row('5 calls: groups', path, async (bench) => {
      await expect(
        bench.load(
          'endpoint',
          `export default (router) => router.get(${JSON.stringify(path)}, () => ({ status: 200 }));`,
          { name: 'r' },
        ),
      ).rejects.toMatchObject({
        code: 'E_LOAD',
        message: expect.stringContaining('regular expressions are not supported'),
      });
    }),
  ),
  row('5 calls: request id', 'of a request that has one', async (bench) => {
    const init = { headers: { 'x-request-id': 'id-1' } };
    const { text } = await answer(bench, "() => { throw new Error('x'); }", '', init);
    expect(text).toBe(INTERNAL.replace('"}}', '","requestId":"id-1"}}'));
  }),
  breaks('() => ({})', /status/),
  breaks('() => ({ body: 1 })', /status/),
  breaks("() => ({ status: '20' })", /status/),
  breaks('() => ({ status: NaN })', /status/),
  breaks('() => ({ status: 99 })', /status/),
  breaks('() => ({ status: 600 })', /status/),
  breaks('() => ({ status: 200.5 })', /status/),
  breaks('() => {}', /status/),
  breaks('() => null', /status/),
  breaks("() => 'text'", /status/),
  breaks('() => ({ status: 200, body: 1n })', /BigInt/),
  breaks('() => { const body = {}; body.body = body; return { status: 200, body }; }', /cycle/),
  breaks('() => ({ status: 200, body: () => {} })', /Cannot copy function "body"/),
  breaks("() => { throw new Error('secret'); }", /secret/),
  breaks("async () => { throw 'a secret string'; }", /a secret string/),
  breaks('() => { throw undefined; }', /undefined/),
  row('5 calls: real error', 'with the name of the extension and the id of the call', async (bench) => {
    const before = bench.reported.length;
    await using loaded = await bench.load('endpoint', endpoint("() => { throw new RangeError('the real one'); }"));
    await ask(bench, `/${loaded.name}`);
    expect(bench.reported.slice(before)).toEqual([
      {
        extension: loaded.name,
        callId: expect.any(Number),
        method: 'GET',
        route: '/',
        error: expect.objectContaining({
          code: 'E_GUEST',
          message: 'the real one',
          cause: expect.objectContaining({ name: 'RangeError' }),
        }),
      },
    ]);
  }),
  sends('5 calls: numbers and booleans', '5', JSON_TYPE, '5'),
  sends('5 calls: numbers and booleans', '0', JSON_TYPE, '0'),
  sends('5 calls: numbers and booleans', 'false', JSON_TYPE, 'false'),
  row('5 calls: allowed headers', 'the default list', async (bench) => {
    const given = {
      'Content-Type': 'text/csv',
      'content-disposition': 'inline',
      'Cache-Control': 'no-store',
      ETag: '"1"',
      'Last-Modified': 'x',
      Location: '/there',
      'X-Other': 'dropped',
      'Access-Control-Allow-Origin': '*',
    };
    const { headers, text } = await answer(
      bench,
      `() => ({ status: 200, body: 'a,b', headers: ${JSON.stringify(given)} })`,
    );
    expect([text, Object.fromEntries(headers)]).toEqual([
      'a,b',
      {
        'content-type': 'text/csv',
        'content-disposition': 'inline',
        'cache-control': 'no-store',
        etag: '"1"',
        'last-modified': 'x',
        location: '/there',
      },
    ]);
  }),
  row('5 calls: allowed headers', 'a list of the host', async (bench) => {
    await using other = await bench.open({ responseHeaders: ['X-Mine', 'set-cookie'] });
    const { headers } = await answer(
      other,
      "() => ({ status: 200, headers: { 'x-mine': 1, etag: 'x', 'Set-Cookie': ['a=1', 'b=2'] } })",
    );
    expect([headers.get('x-mine'), headers.get('etag'), headers.getSetCookie()]).toEqual(['1', null, ['a=1', 'b=2']]);
  }),
  row('5 calls: set-cookie', 'never by default', async (bench) => {
    const { status, headers } = await answer(
      bench,
      "() => ({ status: 200, headers: { 'Set-Cookie': 'a=1', 'set-cookie': ['b=2'] } })",
    );
    expect([status, headers.getSetCookie()]).toEqual([200, []]);
  }),
  filters('5 calls: filter argument', 'one argument', "filter('items.create', (...args) => args);", [
    { a: 1 },
    [{ a: 1 }],
  ]),
  filters('5 calls: filter result', 'undefined', "filter('items.create', (payload) => { payload.a = 2; });", [
    { a: 1 },
    { a: 1 },
  ]),
  filters('5 calls: filter result', 'a promise of undefined', "filter('items.create', async () => undefined);", [
    { a: 1 },
    { a: 1 },
  ]),
  filters('5 calls: filter result', 'null', "filter('items.create', () => null);", [{ a: 1 }, null]),
  filters('5 calls: filter result', 'false', "filter('items.create', () => false);", [{ a: 1 }, false]),
  filters(
    '5 calls: filter result',
    'another object',
    "filter('items.create', async (payload) => ({ ...payload, b: 2 }));",
    [{ a: 1 }, { a: 1, b: 2 }],
  ),
  filters(
    '5 calls: filter order',
    'in one extension',
    "for (const n of [1, 2, 3]) filter('items.create', (list) => [...list, n]);",
    [[], [1, 2, 3]],
  ),
  filters(
    '5 calls: filter order',
    'a slow one first',
    "filter('items.create', async (list) => { for (let i = 0; i < 20; i++) await null; return [...list, 'slow']; }); filter('items.*', (list) => [...list, 'fast']);",
    [[], ['slow', 'fast']],
  ),
  row('5 calls: filter order', 'over extensions, in the order of loading', async (bench) => {
    const source = (n: number): string =>
      `export default ({ filter }) => filter('items.create', (list) => [...list, ${n}]);`;
    await using first = await bench.load('hook', source(1), { name: 'z' });
    await using second = await bench.load('hook', source(2), { name: 'a' });
    expect([first.name, second.name, await bench.host.filter('items.create', [])]).toEqual(['z', 'a', [1, 2]]);
  }),
  row('5 calls: filter throw', 'rejects, and no further one runs', async (bench) => {
    await using _ = await bench.load(
      'hook',
      "import { log } from 'directus:api'; export default ({ filter }) => { filter('x', () => { throw new Error('refused'); }); filter('x', () => log('ran')); };",
    );
    const before = bench.logs.length;
    await expect(bench.host.filter('x', 1)).rejects.toMatchObject({ code: 'E_GUEST', message: 'refused' });
    expect(bench.logs.slice(before)).toEqual([]);
  }),
  row('5 calls: action argument', 'the event and the meta', async (bench) => {
    await using _ = await bench.load(
      'hook',
      "import { log } from 'directus:api'; export default ({ action }) => action('*.create', (...args) => log(JSON.stringify(args)));",
    );
    const before = bench.logs.length;
    await bench.host.action('items.create', { key: 5, event: 'items.delete', payload: { a: 1 } });
    expect(bench.logs.slice(before).map(({ message }) => JSON.parse(message) as unknown)).toEqual([
      [{ event: 'items.create', key: 5, payload: { a: 1 } }],
    ]);
  }),
  row(
    '5 calls: actions side by side',
    'both run at once: the upstream answers when it has heard from two',
    async (bench) => {
      const meet = `async () => log(String((await request('${bench.upstream.origin}/meet')).data))`;
      const source = `import { log, request } from 'directus:api'; export default ({ action }) => { action('x', ${meet}); action('x', ${meet}); };`;
      await using _ = await bench.load('hook', source);
      const before = bench.logs.length;
      await bench.host.action('x');
      expect(bench.logs.slice(before).map(({ message }) => message)).toEqual(['met', 'met']);
    },
  ),
  row('5 calls: action failure', 'told, not thrown; the others run', async (bench) => {
    await using loaded = await bench.load(
      'hook',
      "import { log } from 'directus:api'; export default ({ action }) => { action('x.y', () => { throw new Error('broken'); }); action('x.y', () => log('ran')); };",
    );
    const [logsBefore, before] = [bench.logs.length, bench.reported.length];
    expect(await bench.host.action('x.y', {})).toBeUndefined();
    expect(bench.logs.slice(logsBefore).map(({ message }) => message)).toEqual(['ran']);
    expect(bench.reported.slice(before)).toEqual([
      {
        extension: loaded.name,
        event: 'x.y',
        callId: expect.any(Number),
        error: expect.objectContaining({
          message: 'An error was thrown while executing action "x.y"',
          cause: expect.objectContaining({ message: 'broken' }),
        }),
      },
    ]);
  }),
  hears('items.create', ['items.create'], ['items', 'items.create.x', 'Items.create', 'items_create']),
  hears('*.items.create', ['a.items.create'], ['items.create', 'a.b.items.create']),
  hears('items.*', ['items.create', 'items.update'], ['items', 'items.a.b']),
  hears('*', ['items'], ['items.create']),
  hears('**', ['items', 'items.create', 'a.b.c'], []),
  hears('a.**.z', ['a.z', 'a.b.z', 'a.b.c.z'], ['a', 'z', 'a.b']),
  hears('items.**', ['items', 'items.create', 'items.a.b'], ['other.create']),
  hears('it*.create', [], ['items.create', 'item.create']),
  operates('5 calls: operation argument', '(...args) => args', [{ a: 1 }], { a: 1 }),
  operates('5 calls: operation argument', '(...args) => args.length', 1),
  operates('5 calls: operation result', '() => undefined', null),
  operates('5 calls: operation result', 'async () => {}', null),
  operates(
    '5 calls: operation result',
    '() => ({ at: new Date(0), gone: undefined, list: [undefined, NaN], map: new Map([[1, 2]]) })',
    { at: '1970-01-01T00:00:00.000Z', list: [null, null], map: {} },
  ),
  operates('5 calls: operation result', "() => 'text'", 'text'),
  operates('5 calls: operation result', '() => false', false),
  rejects('5 calls: operation result', '() => 1n', { code: 'E_CLONE' }),
  rejects('5 calls: operation result', '() => { const a = []; a.push(a); return a; }', { code: 'E_CLONE' }),
  rejects('5 calls: thrown JSON', '() => { throw JSON.stringify({ status: 404, why: ["a"] }); }', {
    code: 'E_GUEST',
    cause: { status: 404, why: ['a'] },
  }),
  rejects('5 calls: thrown JSON', "() => { throw '5'; }", { code: 'E_GUEST', cause: 5 }),
  rejects('5 calls: thrown JSON', "() => { throw 'no {json'; }", { code: 'E_GUEST', cause: 'no {json' }),
  rejects('5 calls: thrown JSON', '() => { throw new Error(\'{"a":1}\'); }', {
    code: 'E_GUEST',
    cause: { name: 'Error', message: '{"a":1}' },
  }),
];
