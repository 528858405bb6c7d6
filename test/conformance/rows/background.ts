/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
import { expect } from 'vitest';

import type { Bench, LoadRowOptions } from '../bench.js';
import type { Sentence } from '../contract.js';
import { type Row, row } from '../row.js';

const GOES_ON = '5 calls: goes on after the result';
const ANY_CALL = '5 calls: goes on in every kind of call';

/** What a call came to, and what its extension logged until nothing was pending. */
interface Ran {
  result: unknown;
  logged: string[];
}

const SOURCE = `import { log, sleep, request } from 'directus:api';\n`;

async function load(bench: Bench, handler: string, options: LoadRowOptions = {}): ReturnType<Bench['load']> {
  const source = `${SOURCE}const upstream = '${bench.upstream.origin}';\nexport default { id: 'left', handler: ${handler} };`;
  return bench.load('operation', source, options);
}

/** Runs an operation with this handler, and waits for what it left. */
async function run(bench: Bench, handler: string, options: LoadRowOptions = {}): Promise<Ran> {
  await using loaded = await load(bench, handler, options);
  let end: Promise<void> | undefined;
  const waitUntil = (given: Promise<void>): void => void (end = given);
  const result = await bench.host.operation('left', {}, { waitUntil }).catch((error: unknown) => error);
  await end;
  const logged = bench.logs.filter(({ extension }) => extension === loaded.name).map(({ message }) => message);
  return { result, logged };
}

function leaves(sentence: Sentence, handler: string, logged: unknown[], result: unknown = 1): Row {
  return row(sentence, handler, async (bench) => expect(await run(bench, handler)).toEqual({ result, logged }));
}

/** What it started is ended by a limit, which a warning names. */
function isEnded(handler: string, limits: LoadRowOptions['limits'], name: string): Row {
  return row('5 calls: within the limits', handler, async (bench) => {
    const { result, logged } = await run(bench, handler, { limits: limits! });
    expect(result).toBe(1);
    expect(logged.at(-1)).toContain(name);
    expect(bench.logs.at(-1)?.level).toBe('warn');
  });
}

/** What it leaves unhandled is a warning each, in this order, and changes nothing of the result. */
function warns(handler: string, warnings: unknown[], result: unknown = 1): Row {
  return row('5 calls: unhandled rejections', handler, async (bench) => {
    const at = bench.logs.length;
    expect((await run(bench, handler)).result).toEqual(result);
    const told = bench.logs.slice(at);
    expect(told.map(({ level }) => level)).toEqual(warnings.map(() => 'warn'));
    expect(told.map(({ message }) => message)).toEqual(
      warnings.map((text) => expect.stringMatching(new RegExp(`^Nobody handled a rejection: ${String(text)}`))),
    );
  });
}

/** §5: work that nobody awaits. */
export const backgroundRows: readonly Row[] = [
  leaves(GOES_ON, "() => { sleep(5).then(() => log('later')); return 1; }", ['later']),
  leaves(GOES_ON, "() => { sleep(1).then(() => sleep(1)).then(() => log('at last')); return 1; }", ['at last']),
  leaves(GOES_ON, "async () => { await sleep(1); sleep(5).then(() => log('later')); return 1; }", ['later']),
  leaves(
    GOES_ON,
    '() => { (async () => { for (const n of [1, 2, 3]) { await sleep(1); log(String(n)); } })(); return 1; }',
    ['1', '2', '3'],
  ),
  leaves(GOES_ON, "() => { Promise.all([sleep(3), sleep(1)]).then(() => log('both')); return 1; }", ['both']),
  leaves(GOES_ON, "() => { Promise.resolve().then(() => log('a job')); return 1; }", ['a job']),
  leaves(
    GOES_ON,
    "() => { sleep(1).then(() => log('after a throw')); throw new Error('no'); }",
    ['after a throw'],
    expect.objectContaining({ code: 'E_GUEST', message: 'no' }),
  ),
  row(GOES_ON, 'requests reach the upstream, one after the other', async (bench) => {
    const { result, logged } = await run(
      bench,
      `() => { request(upstream + '/echo', { method: 'POST', body: { n: 1 } })
        .then(() => request(upstream + '/echo', { method: 'POST', body: { n: 2 } }))
        .then(({ data }) => log(typeof data), (error) => log(error.message)); return 1; }`,
    );
    expect(result).toBe(1);
    expect(logged).toHaveLength(1);
  }),
  row('5 calls: the result comes first', 'a result does not wait for what the call has started', async (bench) => {
    await using loaded = await load(bench, "() => { sleep(400).then(() => log('later')); return 1; }");
    let isOver = false;
    let end: Promise<void> | undefined;
    const waitUntil = (given: Promise<void>): void => void (end = given.then(() => void (isOver = true)));
    expect(await bench.host.operation('left', {}, { waitUntil })).toBe(1);
    expect(isOver).toBe(false);
    await end;
    expect(bench.logs.some(({ extension, message }) => extension === loaded.name && message === 'later')).toBe(true);
  }),
  row(ANY_CALL, 'an endpoint answers and goes on', async (bench) => {
    const source = `${SOURCE}export default (router) => router.get('/', () => { sleep(5).then(() => log('later')); return { status: 204 }; });`;
    await using loaded = await bench.load('endpoint', source);
    let end: Promise<void> | undefined;
    const { status } = await bench.host.fetch(new Request(`http://host.test/${loaded.name}/`), {
      waitUntil: (given) => void (end = given),
    });
    await end;
    expect(status).toBe(204);
    expect(bench.logs.at(-1)).toMatchObject({ extension: loaded.name, message: 'later' });
  }),
  row(ANY_CALL, 'a filter and an action go on', async (bench) => {
    const source = `${SOURCE}export default ({ filter, action }) => {
      filter('left', (n) => { sleep(5).then(() => log('filter')); return n + 1; });
      action('left', () => { sleep(5).then(() => log('action')); });
    };`;
    await using loaded = await bench.load('hook', source);
    const ends: Promise<void>[] = [];
    const waitUntil = (given: Promise<void>): void => void ends.push(given);
    expect(await bench.host.filter('left', 1, { waitUntil })).toBe(2);
    await bench.host.action('left', {}, { waitUntil });
    await Promise.all(ends);
    const logged = bench.logs.filter(({ extension }) => extension === loaded.name).map(({ message }) => message);
    expect(logged.toSorted()).toEqual(['action', 'filter']);
  }),
  row(ANY_CALL, 'a host that closes waits for it', async (bench) => {
    await using other = await bench.open({});
    const loaded = await load(other, "() => { sleep(20).then(() => log('before the end')); return 1; }");
    expect(await other.host.operation('left')).toBe(1);
    await other.host.close();
    expect(other.logs.at(-1)).toMatchObject({ extension: loaded.name, message: 'before the end' });
  }),
  warns("() => { Promise.reject(new Error('x')); return 1; }", ['Error: x\\n +at handler \\(']),
  warns("() => { (async () => { throw new TypeError('in it'); })(); return 1; }", ['TypeError: in it\\n']),
  warns("() => { sleep(1).then(() => { throw new Error('after'); }); return 1; }", ['Error: after\\n']),
  warns("async () => { sleep('x'); await null; return 1; }", ['TypeError: Sleep milliseconds has to be']),
  warns("() => { request('nowhere'); return 1; }", ['Error: No permission to request']),
  warns("() => { Promise.reject(new Error('x')).then(() => 1); return 1; }", ['Error: x']),
  warns("() => { Promise.reject('text'); Promise.reject(undefined); Promise.reject({ message: 'own' }); return 1; }", [
    'text$',
    'undefined$',
    'Error: own$',
  ]),
  warns(
    "() => { Promise.reject('other'); throw new Error('mine'); }",
    ['other$'],
    expect.objectContaining({ message: 'mine' }),
  ),
  warns("async () => { throw new Error('the result'); }", [], expect.objectContaining({ code: 'E_GUEST' })),
  warns("async () => { await sleep(1); throw new Error('x'); }", [], expect.objectContaining({ code: 'E_GUEST' })),
  warns("() => Promise.reject(new Error('x'))", [], expect.objectContaining({ code: 'E_GUEST' })),
  warns("() => { Promise.reject(new Error('x')).catch(() => {}); return 1; }", []),
  warns('async () => { const late = Promise.reject(1); await sleep(1); await late.catch(() => {}); return 1; }', []),
  warns(
    'async () => { await Promise.allSettled(Array.from({ length: 99 }, async (_, i) => { throw i; })); return 1; }',
    [],
  ),
  warns(
    '() => { for (let i = 0; i < 99; i++) Promise.reject(i); return 1; }',
    Array.from({ length: 16 }, (_, i) => `${i}$`),
  ),
  row('5 calls: unhandled rejections', 'of a load', async (bench) => {
    const source = `Promise.reject(new Error('at load'));\nexport default () => {};`;
    await using loaded = await bench.load('hook', source);
    expect(bench.logs.at(-1)).toMatchObject({
      extension: loaded.name,
      level: 'warn',
      message: expect.stringMatching(/^Nobody handled a rejection: Error: at load\n/),
    });
  }),
  row('5 calls: unhandled rejections', 'one whose reason cannot be read in time', async (bench) => {
    const handler = '() => { Promise.reject({ get message() { for (;;); } }); return 1; }';
    const { result, logged } = await run(bench, handler, { limits: { cpuTimeMs: 100 } });
    expect([result, logged]).toEqual([1, ['Nobody handled a rejection: its reason cannot be read']]);
  }),
  isEnded('() => { sleep(10_000); return 1; }', { wallTimeMs: 200 }, 'wallTimeMs'),
  isEnded('() => { sleep(1).then(() => { for (;;); }); return 1; }', { cpuTimeMs: 100 }, 'cpuTimeMs'),
  isEnded(
    '() => { sleep(1).then(async () => { for (;;) await sleep(0); }); return 1; }',
    { maxCapabilityCalls: 20 },
    'maxCapabilityCalls',
  ),
  isEnded("() => { sleep(1).then(() => { for (;;) log('x'); }); return 1; }", { maxLogLines: 10 }, 'maxLogLines'),
];
