import { compiled } from '../run/compiled.js';
import type { Suite } from '../run/subject.js';

const MODULE = compiled('suites/memory-subjects.js');
const NODE_FLAGS = ['--expose-gc'];
const LOADS = [100, 1_000, 10_000];
/** Fewer are lost in what a process' memory varies by. */
const EXTENSIONS = [100, 300, 1_000];

/** Resident memory: of an extension, of many, and after many have gone. */
export function createMemorySuites(): Suite[] {
  return [extensions(), turnover()];
}

function extensions(): Suite {
  return {
    name: 'memory-extensions',
    title: 'Memory: extensions loaded and called once in one worker',
    unit: 'bytes',
    axis: 'extensions',
    launches: 1,
    rounds: 2,
    subjects: [
      ...EXTENSIONS.map((x) => ({
        name: `Sandglass, ${x.toLocaleString('en')} together`,
        module: MODULE,
        open: 'openExtensions',
        input: { extensions: x, per: 'all' },
        nodeFlags: NODE_FLAGS,
        series: 'Sandglass',
        x,
      })),
      {
        name: 'Sandglass, each of 1,000',
        module: MODULE,
        open: 'openExtensions',
        input: { extensions: 1_000, per: 'one' },
        nodeFlags: NODE_FLAGS,
      },
    ],
  };
}

function turnover(): Suite {
  return {
    name: 'memory-turnover',
    title: 'Memory: the process after extensions were loaded, called once and unloaded',
    unit: 'bytes',
    axis: 'loads',
    launches: 1,
    rounds: 2,
    subjects: LOADS.map((x) => ({
      name: `Sandglass, after ${x.toLocaleString('en')} loads and unloads`,
      module: MODULE,
      open: 'openTurnover',
      input: { loads: x },
      nodeFlags: NODE_FLAGS,
      series: 'Sandglass',
      x,
    })),
  };
}
