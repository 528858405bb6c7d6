import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { runCli } from '../cli.js';
import { fakeIo, type FakeIo } from '../testing/fake-io.js';
import { makeFolder, packageJson, writeFiles } from '../testing/files.js';

const HELLO =
  "import { log } from 'directus:api'; export default (router) => { router.get('/', () => { log('said \\u001bhello'); return { status: 200, body: 'hello' }; }); router.get('/bad', () => { throw new Error('no'); }); };";

const extensions = (): Promise<string> =>
  makeFolder({
    'ext/hello/package.json': packageJson('hello', 'endpoint', { log: {} }),
    'ext/hello/index.js': HELLO,
    'ext/.registry/1/package.json': packageJson('installed', 'operation'),
    'ext/.registry/1/index.js': "export default { id: 'double', handler: ({ n }) => 2 * n };",
    'ext/broken/package.json': packageJson('broken', 'hook'),
    'ext/broken/index.js': 'export default () => { throw new Error("cannot start"); };',
  });

interface Running {
  io: FakeIo;
  url: string;
  /** Ends the service; resolves to its exit code. */
  end(): Promise<number>;
}

async function serve(args: string[], options: Parameters<typeof fakeIo>[0] = {}): Promise<Running> {
  const io = fakeIo({ cwd: await extensions(), ...options });
  const ended = runCli(['serve', 'ext', '--port', '0', ...args], io);
  // both groups took part
  const [, url] = (await io.printed(/Listening on (\S+\/)/)) as unknown as [string, string];
  const end = (): Promise<number> => {
    io.stop();
    return ended;
  };
  return { io, url, end };
}

describe('sandglass serve', () => {
  test('serves a folder of extensions, logs JSON lines, and ends with 0 when it is told to', async () => {
    const { io, url, end } = await serve([]);
    expect(await (await fetch(`${url}hello`)).text()).toBe('hello');
    expect((await fetch(`${url}hello/bad`)).status).toBe(500);
    expect((await fetch(`${url}_sandglass/status`)).status).toBe(404);
    expect((await fetch(`${url}_sandglass/operations/double`, { method: 'POST' })).status).toBe(404);
    expect(await end()).toBe(0);
    const lines = io
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ level: 'info', extension: 'hello', message: 'Loaded', scopes: 'log' }),
        expect.objectContaining({ level: 'error', extension: 'broken', code: 'E_LOAD' }),
        expect.objectContaining({ level: 'info', extension: 'hello', message: 'said \u001bhello' }),
        expect.objectContaining({ level: 'error', extension: 'hello', code: 'E_GUEST', message: 'no' }),
        expect.objectContaining({ message: 'Stopped' }),
      ]),
    );
  });

  test('with --watch, loads what comes into the folder and what changes, and unloads what goes', async () => {
    const { io, url, end } = await serve(['--watch']);
    const said = async (path: string): Promise<string> => (await fetch(url + path)).text();
    const says = (text: string): string =>
      `export default (router) => router.get('/', () => ({ status: 200, body: '${text}' }));`;
    await writeFiles(io.cwd, {
      'ext/.registry/2/index.js': says('one'),
      'ext/.registry/2/package.json': packageJson('later', 'endpoint'),
    });
    await io.printed(/"message":"Reloaded"/);
    expect(await said('later')).toBe('one');
    await writeFiles(io.cwd, { 'ext/hello/index.js': says('two') });
    await io.printed(/"message":"Reloaded".*"message":"Reloaded"/s);
    expect([await said('hello'), await said('later')]).toEqual(['two', 'one']);
    await rm(join(io.cwd, 'ext/.registry/2'), { recursive: true });
    await vi.waitFor(async () => expect((await fetch(`${url}later`)).status).toBe(404));
    expect(await end()).toBe(0);
  });

  test("writes readable lines on a terminal, with nothing in them that is a guest's to send", async () => {
    const { io, url, end } = await serve(['--access-log'], {
      isTTY: true,
      env: { NO_COLOR: '1' },
      cwd: await extensions(),
    });
    await fetch(`${url}hello`);
    await end();
    expect(io.out()).toMatch(/^\d\d:\d\d:\d\d INFO {2}hello said \\x1bhello/m);
    expect(io.out()).toMatch(
      /INFO {2}hello GET \/hello method=GET route=\/ requestId=\S+ callId=\d+ client=\S+ status=200 durationMs=\d+(?:\.\d{1,3})?$/m,
    );
    expect(io.out()).not.toContain('\x1b');
  });

  test('joins the access line, the error line, the audit and the answer of a request by its id', async () => {
    const { io, url, end } = await serve(['--access-log', '--log-level', 'debug'], {});
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { 'x-request-id': 'from-the-proxy:1', traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const given = await fetch(`${url}hello/bad?secret=1`, { headers });
    expect(given.headers.get('x-request-id')).toBe('from-the-proxy:1');
    const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId: 'from-the-proxy:1' };
    expect(await given.json()).toMatchObject({ errors: [{ extensions }] });
    const made = await fetch(`${url}hello`, { headers: { 'x-request-id': 'two words', traceparent: 'no' } });
    await end();
    const lines = io
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const joined = { requestId: 'from-the-proxy:1', traceId, extension: 'hello', route: '/bad', method: 'GET' };
    const [error, access] = lines.filter(({ requestId }) => requestId === joined.requestId);
    expect(error).toMatchObject({ ...joined, level: 'error', code: 'E_GUEST', callId: expect.any(Number) as number });
    const { callId } = error!;
    expect(access).toMatchObject({ ...joined, callId, message: 'GET /hello/bad', status: 500, client: '127.0.0.1' });
    const requestId = made.headers.get('x-request-id');
    expect(requestId).toMatch(/^[\da-f-]{36}$/);
    const said = lines.find(({ message }) => message === 'said \u001bhello');
    const other = lines.findLast((line) => line['requestId'] === requestId);
    expect(other).toMatchObject({ message: 'GET /hello', callId: said!['callId'], status: 200 });
    expect(other).not.toHaveProperty('traceId');
    const audit = lines.find(({ message }) => message === 'log allowed');
    expect(audit).toMatchObject({ requestId, callId: said!['callId'] });
  });

  test('shows on the status page why an operation failed and what it was denied, with the id of its request', async () => {
    const token = 'correct-horse-battery';
    const cwd = await makeFolder({
      'ext/package.json': packageJson('mail', 'operation', {
        request: { urls: ['https://a.test/*'], methods: ['GET'] },
      }),
      'ext/index.js': `import { request } from 'directus:api';
        export default { id: 'send', handler: async () => { await request('https://b.test/'); } };`,
    });
    const { url, end } = await serve(['--status'], { cwd, env: { SANDGLASS_TOKEN: token } });
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': 'r-1' };
    await fetch(`${url}_sandglass/operations/send`, { method: 'POST', body: '{}', headers });
    const shown: unknown = await (await fetch(`${url}_sandglass/status/extensions/mail`, { headers })).json();
    await end();
    expect(shown).toMatchObject({
      errors: [{ code: 'E_SCOPE', where: 'operation send', requestId: 'r-1', stack: expect.stringContaining(':2:') }],
      denied: [{ capability: 'request', target: 'https://b.test/', requestId: 'r-1' }],
      failures: [{ message: expect.stringContaining('https://b.test/') }],
    });
  });

  test('opens operations and hooks to the bearer of a token', async () => {
    const token = 'correct-horse-battery';
    const { url, end } = await serve([], { env: { SANDGLASS_TOKEN: token }, cwd: await extensions() });
    const call = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${url}_sandglass/operations/double`, { method: 'POST', body: '{"n":21}', headers });
    expect(await (await call({ authorization: `Bearer ${token}` })).json()).toEqual({ value: 42 });
    expect((await call({})).status).toBe(401);
    await end();
  });

  test('serves a folder that is one extension', async () => {
    const cwd = await makeFolder({
      'ext/package.json': packageJson('hello', 'endpoint', { log: {} }),
      'ext/index.js': HELLO,
    });
    const { url, end } = await serve([], { cwd });
    expect((await fetch(`${url}hello`)).status).toBe(200);
    await end();
  });

  test('shows the status page only when asked to', async () => {
    const { url, end } = await serve(['--status']);
    await fetch(`${url}hello`);
    const page = await fetch(`${url}_sandglass/status`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const list = (await (await fetch(`${url}_sandglass/status/extensions`)).json()) as {
      rows: { name: string; state: string }[];
    };
    expect(list.rows.map(({ name, state }) => [name, state])).toEqual([
      ['broken', 'failed'],
      ['hello', 'ready'],
      ['installed', 'ready'],
    ]);
    await end();
  });

  test('exits with 1 if it cannot start', async () => {
    const io = fakeIo({ cwd: '/nowhere' });
    expect(await runCli(['serve', 'ext', '--port', '0'], io)).toBe(1);
    expect(io.err()).toContain('(E_NOT_FOUND)');
  });

  test('answers health while extensions are still loaded, and is ready when they are', async () => {
    const cwd = await makeFolder({
      'ext/slow/package.json': packageJson('slow', 'endpoint', { sleep: {} }),
      'ext/slow/index.js':
        "import { sleep } from 'directus:api'; await sleep(1_500); export default (router) => router.get('/', () => ({ status: 200 }));",
    });
    const io = fakeIo({ cwd });
    const ended = runCli(['serve', 'ext', '--port', '0', '--log-level', 'debug'], io);
    const [, url] = (await io.printed(/health is told on (\S+\/)/)) as unknown as [string, string];
    const statuses = async (): Promise<number[]> =>
      Promise.all(
        ['_sandglass/health', '_sandglass/ready', 'slow'].map(async (path) => (await fetch(url + path)).status),
      );
    expect(await statuses()).toEqual([200, 503, 503]);
    await io.printed(/Listening on/);
    expect(await statuses()).toEqual([200, 200, 200]);
    io.stop();
    expect(await ended).toBe(0);
  });

  test('exits with 1 if an extension does not load and all have to', async () => {
    const io = fakeIo({ cwd: await extensions(), env: { EXTENSIONS_MUST_LOAD: 'true' } });
    expect(await runCli(['serve', 'ext', '--port', '0'], io)).toBe(1);
    expect(io.err()).toContain('1 of the extensions did not load');
  });

  test('loads extensions again on SIGHUP', async () => {
    const cwd = await extensions();
    const { io, url, end } = await serve([], { cwd });
    await writeFiles(cwd, { 'ext/hello/index.js': HELLO.replace("body: 'hello'", "body: 'again'") });
    io.reload();
    await io.printed(/"extensions":2,"failed":1/);
    expect(await (await fetch(`${url}hello`)).text()).toBe('again');
    expect(await end()).toBe(0);
  });
});
