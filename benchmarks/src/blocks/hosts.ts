import type { ExtensionInfo, Host, PoolStats } from '@sandglass/host';

import { createService, createStatus } from '@sandglass/host/service';
import { type Case, filter, operation, TOKEN } from './case.js';

/**
 * A host that has one extension stand for ten thousand: the real one would take minutes to load
 * them.
 */
function asIfMany(host: Host): Host {
  const count = 10_000;
  const [info] = host.extensions as [ExtensionInfo]; // one is loaded
  const extensions = Array.from({ length: count }, (_, i) => ({ ...info, name: `extension-${i}` }));
  const stats = host.stats();
  const [counted] = stats.extensions as [PoolStats['extensions'][number]];
  const buckets = Array.from({ length: 15 }, (_, i) => i);
  const durations = { count: 20, p50: 1, p90: 2, p99: 3, max: 4, sumMs: 30, buckets };
  // each was called, and used a capability
  const all = extensions.map(({ name }, id) => {
    return { ...counted, id, name, queueMs: durations, runMs: durations, capabilityMs: durations };
  });
  const byName = new Map(all.map((one) => [one.name, one]));
  const statsOf = (names: readonly string[] = []): PoolStats => ({
    ...stats,
    extensions: names.flatMap((name) => byName.get(name) ?? []),
  });
  // what a service uses
  return { extensions, stats: statsOf, fetch: (request: Request) => host.fetch(request) } as unknown as Host;
}

/** A page of the service that shows ten thousand extensions. */
const page = (path: string): Case => ({
  async open(bench) {
    await operation('() => 1')
      .open(bench)
      .then((ready) => ready()());
    const many = asIfMany(bench.host);
    const status = createStatus();
    for (const { name } of many.extensions)
      status.sinks.onCall({
        extension: name,
        registration: many.extensions[0]!.registrations[0]!,
        outcome: 'ok',
        durationMs: 1,
      });
    const service = createService(many, { token: TOKEN, status: status.attach(many) });
    const request = (): Request =>
      new Request(`http://host/_sandglass/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    return () => async () => {
      // piece by piece, as a server sends it
      const reader = (await service.fetch(request())).body!.getReader();
      while (!(await reader.read()).done);
    };
  },
});

const BIGINTS = 'const b = (1n << 1048000n) - 1n; const v = Array.from({ length: 80 }, () => b);';
const CHAIN =
  "let p = {}; for (let i = 0; i < 120000; i++) p = Object.create(p); return new Function('p', 'p.zzz;'.repeat(20000))(p);";
/** A guest may hold the calling thread for its limit, and this long in all. */
const inline = { options: { pool: 'inline', limits: { cpuTimeMs: 20 } }, ends: ['E_CPU', 'E_GUEST'] } as const;

/**
 * Cases without an input: the reference, many calls, many extensions, and an inline pool.
 */
export const HOSTS: Record<string, Case> = {
  '1,000 calls at once': operation('() => 1', { times: 1_000 }),
  '1,000 calls that sleep': operation('() => sleep(50)', { times: 1_000 }),
  'metrics of 10,000 extensions, all of them called': page('metrics'),
  'status page of 10,000 extensions': page('status/data'),
  'a page of the list of 10,000 extensions': page('status/extensions'),
  'a filter that echoes 60,000 properties': filter('(payload) => payload', {
    argument: () => Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`key${i}`, i])),
  }),
  'inline, 20 ms of CPU: BigInts thrown': operation(`() => { ${BIGINTS} throw { v }; }`, inline),
  'inline, 20 ms of CPU: reads over a long chain of prototypes': operation(`() => { ${CHAIN} }`, inline),
};
