import { compiled } from '../run/compiled.js';
import type { Suite, SubjectSpec } from '../run/subject.js';
import type { InstalledPeer } from './install.js';
import { createWorkloads, type Workload } from './workload.js';

const OPEN = compiled('peers/open.js');

/** Calls in flight and threads of the suites that measure rates. */
const BUSY = { inFlight: 64, threads: 2 };
const BUSY_WORKLOADS: ReadonlySet<string> = new Set(['empty', 'echo-2kb']);
const REFERENCE = 'quickjs-emscripten, fresh context';

/**
 * Suites with every mode of every peer: the time of a call for each workload, and the rate with
 * many calls in flight for some.
 */
export async function createPeerSuites(peers: readonly InstalledPeer[], serverUrl: string): Promise<Suite[]> {
  const workloads = await createWorkloads(serverUrl);
  const busy = workloads.filter(({ name }) => BUSY_WORKLOADS.has(name));
  return [...workloads.map((workload) => latency(peers, workload)), ...busy.map((workload) => rate(peers, workload))];
}

function latency(peers: readonly InstalledPeer[], workload: Workload): Suite {
  return {
    name: `peers-${workload.name}`,
    title: workload.title,
    unit: 'ns',
    reference: REFERENCE,
    launches: 2,
    rounds: 8,
    subjects: peers.flatMap((peer) => toSubjects(peer, workload)),
  };
}

function rate(peers: readonly InstalledPeer[], workload: Workload): Suite {
  const { inFlight, threads } = BUSY;
  const shared = { ...workload, threads };
  return {
    name: `peers-rate-${workload.name}`,
    title: `${workload.title}: ${inFlight} in flight, two threads where there are threads`,
    unit: 'calls/s',
    reference: REFERENCE,
    launches: 2,
    rounds: 6,
    subjects: peers.flatMap((peer) => toSubjects(peer, shared, inFlight)),
  };
}

function toSubjects({ peer, adapter }: InstalledPeer, workload: Workload, inFlight?: number): SubjectSpec[] {
  const modes = peer.modes.filter(({ synchronousOnly }) => workload.synchronous || !synchronousOnly);
  return modes.map(({ name, open }) => ({
    name,
    module: OPEN,
    open: 'openPeer',
    input: { adapter, open, workload, ...(inFlight === undefined ? {} : { inFlight }) },
    nodeFlags: peer.nodeFlags ?? [],
  }));
}
