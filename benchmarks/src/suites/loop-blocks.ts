import type { Case } from '../blocks/case.js';
import { CLIENTS } from '../blocks/clients.js';
import { HOSTS } from '../blocks/hosts.js';
import { LOADING } from '../blocks/loading.js';
import { ARGUMENTS, REQUESTS } from '../blocks/requests.js';
import { BODIES, PAYLOADS, RESULTS, THROWN } from '../blocks/values.js';
import { compiled } from '../run/compiled.js';
import type { Suite } from '../run/subject.js';

const MODULE = compiled('suites/loop-blocks-subjects.js');

/** A suite each: all subjects of one are open at once. */
export const GROUPS: readonly { name: string; title: string; cases: Record<string, Case> }[] = [
  { name: 'results', title: 'results of operations', cases: RESULTS },
  { name: 'bodies', title: 'bodies of endpoints', cases: BODIES },
  { name: 'payloads', title: 'results of filters', cases: PAYLOADS },
  { name: 'thrown', title: 'what guests throw', cases: THROWN },
  { name: 'requests', title: 'requests and responses', cases: REQUESTS },
  { name: 'arguments', title: 'arguments of capabilities, logs, hooks', cases: ARGUMENTS },
  { name: 'clients', title: 'what clients send', cases: CLIENTS },
  { name: 'loading', title: 'what extensions bring', cases: LOADING },
  { name: 'hosts', title: 'many calls and extensions, and the calling thread', cases: HOSTS },
];

/**
 * The longest time between two turns of a host's event loop while it serves inputs at the largest
 * size it takes.
 */
export function createLoopBlockSuites(): Suite[] {
  return GROUPS.map(({ name: group, title, cases }) => ({
    name: `loop-blocks-${group}`,
    title: `Longest block of the event loop: ${title}`,
    unit: 'ns',
    launches: 1,
    rounds: 3,
    subjectBudgetMs: 8_000,
    subjects: [
      { name: 'nothing', module: MODULE, open: 'openNothing' },
      ...Object.keys(cases).map((name) => ({ name, module: MODULE, open: 'openCase', input: { group, name } })),
    ],
  }));
}
