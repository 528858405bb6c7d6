import type { Suite, SubjectSpec } from '../run/subject.js';
import type { InstalledPeer } from './install.js';
import { createWorkloads, type Workload } from './workload.js';

const OPEN = new URL('open.js', import.meta.url).href;

/** One suite for each workload, every mode of every peer in it. */
export async function createPeerSuites(peers: readonly InstalledPeer[], serverUrl: string): Promise<Suite[]> {
  const workloads = await createWorkloads(serverUrl);
  return workloads.map((workload): Suite => ({
    name: `peers-${workload.name}`,
    title: workload.title,
    unit: 'ns',
    reference: 'quickjs-emscripten, fresh context',
    launches: 2,
    rounds: 10,
    subjects: peers.flatMap((peer) => toSubjects(peer, workload)),
  }));
}

function toSubjects({ peer, adapter }: InstalledPeer, workload: Workload): SubjectSpec[] {
  const modes = peer.modes.filter(({ synchronousOnly }) => workload.synchronous || !synchronousOnly);
  return modes.map(({ name, open }) => ({
    name,
    module: OPEN,
    open: 'openPeer',
    input: { adapter, open, workload },
    nodeFlags: peer.nodeFlags ?? [],
  }));
}
