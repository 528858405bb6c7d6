import { compiled } from '../run/compiled.js';
import type { Suite } from '../run/subject.js';

const MODULE = compiled('suites/memory-subjects.js');
const NODE_FLAGS = ['--expose-gc'];
/** Fewer are lost in what a process' memory varies by. */
const EXTENSIONS = [100, 300, 1_000];
const TURNOVERS = 10;
const LOADS_EACH = 1_000;
/** A slow machine stops before the ten thousand. */
const TURNOVER_BUDGET_MS = 120_000;

/** Resident memory: of an extension by how many there are, and after many have come and gone. */
export function createMemorySuites(): Suite[] {
  return [extensions(), turnover()];
}

function extensions(): Suite {
  return {
    name: 'memory-extensions',
    title: 'Memory: what each extension adds, all loaded and called once in one worker',
    unit: 'bytes',
    axis: 'extensions',
    launches: 2,
    rounds: 1,
    subjects: EXTENSIONS.map((x) => ({
      name: `Sandglass, each of ${x.toLocaleString('en')}`,
      module: MODULE,
      open: 'openExtensions',
      input: { extensions: x },
      nodeFlags: NODE_FLAGS,
      series: 'Sandglass',
      x,
    })),
  };
}

function turnover(): Suite {
  const loads = (TURNOVERS * LOADS_EACH).toLocaleString('en');
  return {
    name: 'memory-turnover',
    title: `Memory: the process while ${loads} extensions are loaded, called once and unloaded`,
    unit: 'bytes',
    launches: 1,
    rounds: TURNOVERS,
    subjectBudgetMs: TURNOVER_BUDGET_MS,
    subjects: [
      {
        name: `Sandglass, after each ${LOADS_EACH.toLocaleString('en')} loads`,
        module: MODULE,
        open: 'openTurnover',
        input: { loads: LOADS_EACH },
        nodeFlags: NODE_FLAGS,
      },
    ],
  };
}
