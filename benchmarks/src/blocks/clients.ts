import { callApi, type Case, type CaseEnd, endpoint, hook, operation } from './case.js';

const MIB = 1024 * 1024;
const ENDS: readonly CaseEnd[] = ['ok', 'E_QUOTA', 'E_CLONE', 'E_MEMORY', 'E_GUEST', 'E_CPU'];

/** A body that a client sends to an endpoint. @param make its text */
const posting = (make: () => string, times = 1): Case => {
  let body: string | undefined;
  return endpoint(
    `(router) => router.post('/', ({ body }) => ({ status: 200, body: typeof body }))`,
    { times },
    () => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: (body ??= make()),
    }),
  );
};

const lists = (): string => `[${'[],'.repeat(MIB / 3 - 1)}1]`;
const names = (): string => `{${Array.from({ length: 60_000 }, (_, i) => `"name${i}":${i % 10}`).join(',')}}`;
const nested = (): string => `[${`${'['.repeat(900)}${']'.repeat(900)},`.repeat(580)}1]`;

/** Names that meet in one chain of the engine's table, if its hash has no secret. */
const colliding = (): string => {
  const key = (n: number): string => {
    let text = '';
    for (let bit = 0; bit < 15; bit++) text += (n >> bit) & 1 ? '\u0041\u0180' : '\u0042\u0079';
    return text;
  };
  return JSON.stringify(Object.fromEntries(Array.from({ length: 14_000 }, (_, i) => [key(i), 1])));
};

/** Filters of a hook, their event as code of `i`. */
const filters = (count: number, event: string): string =>
  `({ filter }) => { for (let i = 0; i < ${count}; i++) filter(${event}, () => undefined); }`;
let events = 0;
/** An event that no look-up has met before. */
const fresh = (parts: number): string => `${'a.'.repeat(parts)}${(events += 1)}`;

/** Clients' paths, bodies and events. */
export const CLIENTS: Record<string, Case> = {
  'client: a body of 1 MiB of lists': posting(lists),
  'client: a body of 60,000 names': posting(names),
  'client: a body of 1 MiB nested 900 deep': posting(nested),
  'client: names made to collide': posting(colliding),
  'client: ten bodies of 1 MiB together': posting(lists, 10),
  'client: ten bodies of 1 MiB that are no JSON': endpoint(
    `(router) => router.post('/', () => ({ status: 200 }))`,
    { times: 10 },
    () => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `${'[['.repeat(400)}${' '.repeat(MIB - 900)}`,
    }),
  ),
  'call API: an argument of 1 MiB of lists': callApi('operations', operation('() => 1', { ends: ENDS }), () =>
    JSON.parse(lists()),
  ),
  'routes: 128 with 32 stars, a path of 2,048 characters': endpoint(
    `(router) => { for (let i = 0; i < 60; i++) router.get('/' + 'a*'.repeat(32) + i, () => ({ status: 200 })); }`,
    {},
    () => ({ path: `/${'a'.repeat(2_030)}` }),
  ),
  'routes: 900, a path of 2,048 characters': endpoint(
    `(router) => { for (let i = 0; i < 900; i++) router.get('/a' + i, () => ({ status: 200 })); }`,
    {},
    () => ({ path: `/${'a'.repeat(2_030)}` }),
  ),
  'routes: the longest path, twenty at once': endpoint(
    `(router) => { for (let i = 0; i < 200; i++) router.get('/:a/*/' + i, () => ({ status: 200 })); }`,
    { times: 20 },
    () => ({ path: `/${'a/'.repeat(1_000)}` }),
  ),
  'events: a hundred names against 1,000 filters of wildcards': hook(
    filters(1_000, "'**.a'.repeat(1) + i"),
    {},
    fresh(100),
  ),
  'events: 20 filters of 84 wildcards': hook(filters(20, "'**.'.repeat(84) + i"), {}, fresh(120)),
  'events: 1,000 filters of one event': hook(filters(1_000, "'bench'"), { argument: () => ({ a: 1 }) }),
};
