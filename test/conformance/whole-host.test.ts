import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Bench, openBench } from './bench.js';

/** Two calls in a row, and calls that break something, seen from the host. */
const STATE = `let count = 0;
globalThis.seen = [];
export default (router) => {
  router.get('/count', () => ({ status: 200, body: { count: ++count, seen: seen.push(1), patched: [].patched } }));
  router.get('/random', () => ({ status: 200, body: [Math.random(), Math.random()] }));
  router.get('/patch', () => { Array.prototype.patched = true; JSON.parse = () => 'mine'; return { status: 200 }; });
};`;

const BREAKING = `const deeper = (n) => deeper(n + 1) + 1;
export default (router) => {
  router.get('/range', () => { throw new RangeError('out of range'); });
  router.get('/recursion', () => deeper(0));
  router.get('/loop', () => { while (true) {} });
  router.get('/late-loop', async () => { await null; while (true) {} });
  router.get('/memory', () => { const all = []; while (true) all.push(new Uint8Array(2 ** 20)); });
  router.get('/fine', () => ({ status: 200, body: 'fine' }));
};`;

const INTERNAL =
  '{"errors":[{"message":"An unexpected error occurred.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}';

describe.each([
  ['inline', 'pristine'],
  ['inline', 'persistent'],
  ['threads', 'pristine'],
  ['threads', 'persistent'],
] as const)('%s, %s', (pool, isolation) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench({ pool, isolation });
    await bench.load('endpoint', STATE, { name: 'state' });
    await bench.load('endpoint', BREAKING, { name: 'breaking', limits: { cpuTimeMs: 500 } });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const get = async (path: string): Promise<[number, string]> => {
    const response = await bench.host.fetch(new Request(`http://host.test${path}`));
    return [response.status, await response.text()];
  };
  const json = async (path: string): Promise<unknown> => JSON.parse((await get(path))[1]);

  test('a module variable is as pristine as the isolation says', async () => {
    const counts = [await json('/state/count'), await json('/state/count'), await json('/state/count')];
    expect(counts).toEqual(
      [1, 2, 3].map((n) => (isolation === 'pristine' ? { count: 1, seen: 1 } : { count: n, seen: n })),
    );
  });

  test.runIf(isolation === 'pristine')('what one call patches, the next does not see', async () => {
    expect((await get('/state/patch'))[0]).toBe(200);
    expect(await json('/state/count')).toEqual({ count: 1, seen: 1 });
  });

  test('Math.random differs from call to call', async () => {
    const numbers = [await json('/state/random'), await json('/state/random'), await json('/state/random')].flat();
    expect(new Set(numbers).size).toBe(6);
  });

  test.each([
    ['range', 'E_GUEST'],
    ['recursion', 'E_STACK'],
    ['loop', 'E_CPU'],
    ['late-loop', 'E_CPU'],
    ['memory', 'E_MEMORY'],
  ])('/%s costs one 500 with %s in the log, and the next call answers', async (path, code) => {
    const before = bench.reported.length;
    expect(await get(`/breaking/${path}`)).toEqual([500, INTERNAL]);
    expect(bench.reported.slice(before)).toEqual([
      {
        extension: 'breaking',
        method: 'GET',
        route: `/${path}`,
        callId: expect.any(Number),
        error: expect.objectContaining({ code, extension: 'breaking' }),
      },
    ]);
    expect(await get('/breaking/fine')).toEqual([200, 'fine']);
  });

  test.runIf(isolation === 'pristine')('a loop costs none of the calls beside it', async () => {
    const [loop, ...others] = await Promise.all([
      get('/breaking/loop'),
      ...Array.from({ length: 10 }, () => get('/breaking/fine')),
      get('/state/random'),
    ]);
    expect([loop[0], ...others.map(([status]) => status)]).toEqual([500, ...Array.from({ length: 11 }, () => 200)]);
  });
});
