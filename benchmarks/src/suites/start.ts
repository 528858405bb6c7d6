import { createBundle } from '../peers/workload.js';
import type { InstalledPeer } from '../peers/install.js';
import { compiled } from '../run/compiled.js';
import type { Suite, SubjectSpec } from '../run/subject.js';
import { EMPTY } from './host-extension.js';
import type { StartInput } from './start-subjects.js';

const MODULE = compiled('suites/start-subjects.js');
const BUNDLE_BYTES = 200 * 1024;
/** Peers that a cold start is compared with; each starts as its file in `peers/` says. */
const PEERS: ReadonlySet<string> = new Set(['isolated-vm', '@sebastianwessel/quickjs', 'run']);

type Options = Omit<StartInput, 'measure' | 'sandbox' | 'script'> & { script?: string };

/**
 * Whole processes: how long to the first response, and how much memory then. @param installed peers
 * that `bench:peers` has installed
 */
export function createStartSuites(installed: readonly InstalledPeer[]): Suite[] {
  return [coldStart(installed), bundle(), memory()];
}

function coldStart(installed: readonly InstalledPeer[]): Suite {
  const peers = installed.filter(({ peer }) => PEERS.has(peer.name));
  return {
    name: 'cold-start',
    title: 'Cold start: from the start of the process to the first response',
    unit: 'ns',
    reference: 'Node, nothing else',
    launches: 3,
    rounds: 4,
    subjectBudgetMs: 4_000,
    subjects: [
      time('Node, nothing else', 'none'),
      time('the handler itself, no sandbox', 'module'),
      time('Sandglass, calling thread', 'inline'),
      time('Sandglass, calling thread, snapshot on disk', 'inline', { snapshots: true }),
      time('Sandglass, worker thread', 1),
      time('Sandglass, worker thread, snapshot on disk', 1, { snapshots: true }),
      ...peers.map(({ peer, adapter }) => {
        const nodeFlags = peer.nodeFlags ?? [];
        return time(peer.name, 'peer', { peer: { adapter, open: firstMode(peer.modes), nodeFlags } });
      }),
    ],
  };
}

function bundle(): Suite {
  const script = createBundle(BUNDLE_BYTES);
  return {
    name: 'cold-start-bundle',
    title: 'Cold start: with a bundle of 200 KB',
    unit: 'ns',
    reference: 'the bundle itself, no sandbox',
    launches: 3,
    rounds: 4,
    subjectBudgetMs: 4_000,
    subjects: [
      time('the bundle itself, no sandbox', 'module', { script }),
      time('Sandglass, calling thread, evaluated', 'inline', { script }),
      time('Sandglass, calling thread, snapshot on disk', 'inline', { script, snapshots: true }),
      time('Sandglass, worker thread, evaluated', 1, { script }),
      time('Sandglass, worker thread, snapshot on disk', 1, { script, snapshots: true }),
    ],
  };
}

function memory(): Suite {
  const subject = (name: string, sandbox: StartInput['sandbox'], options: Options = {}): SubjectSpec =>
    toSubject(name, { sandbox, script: EMPTY, measure: 'memory', ...options });
  return {
    name: 'memory-process',
    title: 'Memory: the whole process after its first response',
    unit: 'bytes',
    reference: 'Node, nothing else',
    launches: 2,
    rounds: 3,
    subjects: [
      subject('Node, nothing else', 'none'),
      subject('Sandglass, calling thread', 'inline'),
      subject('Sandglass, one worker thread', 1),
      subject('Sandglass, calling thread, snapshot on disk', 'inline', { snapshots: true }),
    ],
  };
}

function time(name: string, sandbox: StartInput['sandbox'], options: Options = {}): SubjectSpec {
  return toSubject(name, { sandbox, script: EMPTY, measure: 'time', ...options });
}

function toSubject(name: string, input: StartInput): SubjectSpec {
  return { name, module: MODULE, open: 'openStart', input };
}

/**
 * One sandbox that serves all calls, where the peer has that: the first call is the same, and it
 * keeps what it made.
 */
function firstMode(modes: InstalledPeer['peer']['modes']): string {
  return (modes.find(({ open }) => open === 'persistent') ?? modes[0])?.open ?? 'fresh';
}
