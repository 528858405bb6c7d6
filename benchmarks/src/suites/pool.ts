import { compiled } from '../run/compiled.js';
import type { Suite, SubjectSpec } from '../run/subject.js';
import type { HostInput, PiscinaInput } from './pool-subjects.js';

const MODULE = compiled('suites/pool-subjects.js');
const BEST = 'piscina, empty task, 64 a thread';
const IN_FLIGHT = [1, 4, 16, 64, 256];
/** Busy threads make samples that differ more than those of one thread: fewer launches, longer samples. */
const SETTINGS = { launches: 2, rounds: 8 } as const;

/** The host with its pool, called as a user calls it. */
export function createPoolSuites(): Suite[] {
  return [throughput(), latency(), extensions(), inFlight()];
}

/** Calls of a host, as a subject. */
export function hostCalls(name: string, input: HostInput, spec: Partial<SubjectSpec> = {}): SubjectSpec {
  return { name, module: MODULE, open: 'openHostCalls', input, ...spec };
}

function piscina(name: string, input: PiscinaInput, spec: Partial<SubjectSpec> = {}): SubjectSpec {
  return { name, module: MODULE, open: 'openPiscina', input, ...spec };
}

function throughput(): Suite {
  const measure = { inFlight: 64 };
  return {
    name: 'pool-throughput',
    title: 'Pool: empty calls, 64 in flight, two threads',
    unit: 'calls/s',
    reference: BEST,
    ...SETTINGS,
    subjects: [
      piscina(BEST, { threads: 2, measure, tasksPerThread: 64 }),
      piscina('piscina, empty task, 64 a thread, no atomics', {
        threads: 2,
        measure,
        tasksPerThread: 64,
        atomics: 'disabled',
      }),
      piscina('piscina, empty task, as it comes', { threads: 2, measure, tasksPerThread: 1 }),
      hostCalls('Sandglass, pristine, two threads', { threads: 2, measure }),
      hostCalls('Sandglass, persistent, two threads', { threads: 2, measure, isolation: 'persistent' }),
      hostCalls('Sandglass, pristine, one thread', { threads: 1, measure }),
      hostCalls('Sandglass, pristine, calling thread', { threads: 'inline', measure }),
    ],
  };
}

function latency(): Suite {
  const reference = 'piscina, empty task, one in flight';
  return {
    name: 'pool-latency',
    title: 'Pool: median of an empty call, one in flight',
    unit: 'ns',
    reference,
    ...SETTINGS,
    subjects: [
      piscina(reference, { threads: 1, measure: 'median', tasksPerThread: 1 }),
      piscina('piscina, empty task, one in flight, no atomics', {
        threads: 1,
        measure: 'median',
        tasksPerThread: 1,
        atomics: 'disabled',
      }),
      hostCalls('Sandglass, pristine, one thread', { threads: 1, measure: 'median' }),
      hostCalls('Sandglass, pristine, two threads', { threads: 2, measure: 'median' }),
      hostCalls('Sandglass, persistent, one thread', { threads: 1, measure: 'median', isolation: 'persistent' }),
      hostCalls('Sandglass, pristine, calling thread', { threads: 'inline', measure: 'median' }),
    ],
  };
}

function extensions(): Suite {
  const measure = { inFlight: 64 };
  return {
    name: 'pool-extensions',
    title: 'Pool: one extension, and 200 in turn, 64 in flight, two threads',
    unit: 'calls/s',
    reference: BEST,
    ...SETTINGS,
    subjects: [
      piscina(BEST, { threads: 2, measure, tasksPerThread: 64 }),
      hostCalls('Sandglass, one extension', { threads: 2, measure }),
      hostCalls('Sandglass, 200 extensions in turn', { threads: 2, measure, extensions: 200 }),
    ],
  };
}

function inFlight(): Suite {
  return {
    name: 'pool-in-flight',
    title: 'Pool: empty calls by calls in flight',
    unit: 'calls/s',
    reference: `${BEST}, ${IN_FLIGHT.at(-1)} in flight`,
    axis: 'calls in flight',
    launches: 2,
    rounds: 6,
    subjects: IN_FLIGHT.flatMap((x) => {
      const measure = { inFlight: x };
      const point = (series: string): { name: string; spec: Partial<SubjectSpec> } => ({
        name: `${series}, ${x} in flight`,
        spec: { series, x },
      });
      const reference = point(BEST);
      const [one, two] = [point('Sandglass, one thread'), point('Sandglass, two threads')];
      return [
        piscina(reference.name, { threads: 2, measure, tasksPerThread: 64 }, reference.spec),
        hostCalls(one.name, { threads: 1, measure }, one.spec),
        hostCalls(two.name, { threads: 2, measure }, two.spec),
      ];
    }),
  };
}
