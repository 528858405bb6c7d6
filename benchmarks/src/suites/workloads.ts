import { createWorkloads } from '../peers/workload.js';
import type { Suite } from '../run/subject.js';
import { hostCalls, SERIES } from './pool.js';

/**
 * Those that no other suite of ours runs through the host; empty calls, payloads and bundles are
 * the pool's and the scale's.
 */
const NAMES: ReadonlySet<string> = new Set(['log', 'sleep', 'request', 'cpu', 'phone-parser', 'bundle-200kb']);

/**
 * What the peers run as well, through the host. @param serverUrl loopback server that requests go
 * to
 */
export async function createWorkloadSuites(serverUrl: string): Promise<Suite[]> {
  const workloads = (await createWorkloads(serverUrl)).filter(({ name }) => NAMES.has(name));
  return [
    {
      name: 'workloads',
      title: 'Workloads: the median of a call through the host, one after the other',
      unit: 'ns',
      launches: 3,
      rounds: 4,
      subjects: workloads.flatMap(({ title, script, argument }) =>
        SERIES.map(([series, threads]) =>
          hostCalls(`${title}: ${series}`, { script, argument, threads, measure: 'median' }),
        ),
      ),
    },
  ];
}
