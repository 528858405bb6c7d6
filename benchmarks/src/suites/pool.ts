import { compiled } from '../run/compiled.js';
import type { Suite, SubjectSpec } from '../run/subject.js';
import { CPU_PROGRAMS } from './cpu-programs.js';
import { ECHO } from './host-extension.js';
import type { HostInput, PiscinaInput } from './pool-subjects.js';

const MODULE = compiled('suites/pool-subjects.js');
const BEST = 'piscina, empty task, 64 a thread';
const IN_FLIGHT = [1, 4, 16, 64, 256];
const SETTINGS = { launches: 3, rounds: 6 } as const;

/** Where the host runs its calls. */
export const SERIES: readonly (readonly [series: string, threads: HostInput['threads']])[] = [
  ['Sandglass, calling thread', 'inline'],
  ['Sandglass, one worker thread', 1],
];

/** The host with its pool, called as a user calls it. */
export function createPoolSuites(): Suite[] {
  return [throughput(), messages(), payload(), latency(), extensions(), inFlight(), threads()];
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
      piscina(`${BEST}, no atomics`, { threads: 2, measure, tasksPerThread: 64, atomics: 'disabled' }),
      piscina('piscina, empty task, as it comes', { threads: 2, measure, tasksPerThread: 1 }),
      hostCalls('Sandglass, pristine, two threads', { threads: 2, measure }),
      hostCalls('Sandglass, persistent, two threads', { threads: 2, measure, isolation: 'persistent' }),
      hostCalls('Sandglass, pristine, one thread', { threads: 1, measure }),
      hostCalls('Sandglass, pristine, calling thread', { threads: 'inline', measure }),
    ],
  };
}

/** What an endpoint's call carries, against a task that carries nothing. */
function messages(): Suite {
  const measure = { inFlight: 64 };
  const argument = {
    url: '/things/42?fields=name,price',
    headers: { accept: 'application/json', 'content-type': 'application/json', host: 'example.com' },
    body: { name: 'lamp', price: 12.5, tags: ['home', 'light'] },
  };
  const script = 'function handler({ url, body }) { return { status: 200, body, n: url.length }; }';
  return {
    name: 'pool-messages',
    title: 'Pool: { url, headers, body } in and { status, body, n } out, 64 in flight, two threads',
    unit: 'calls/s',
    reference: BEST,
    ...SETTINGS,
    subjects: [
      piscina(BEST, { threads: 2, measure, tasksPerThread: 64 }),
      hostCalls('Sandglass, pristine, two threads', { threads: 2, measure, script, argument }),
      hostCalls('Sandglass, pristine, one thread', { threads: 1, measure, script, argument }),
    ],
  };
}

/** Two kilobytes of JSON, in and out, against a task that carries the same. */
function payload(): Suite {
  const measure = { inFlight: 64 };
  const item = (id: number): object => ({ id, name: `item number ${id}`, price: id * 1.5, isSold: id % 2 === 0 });
  const argument = { items: Array.from({ length: 32 }, (_, id) => item(id)) };
  const reference = 'piscina, empty task with the same payload';
  return {
    name: 'pool-payload',
    title: 'Pool: 2 KB of JSON in and out, 64 in flight, one thread',
    unit: 'calls/s',
    reference,
    ...SETTINGS,
    subjects: [
      piscina(reference, { threads: 1, measure, tasksPerThread: 64, argument }),
      hostCalls('Sandglass, pristine, one thread', { threads: 1, measure, script: ECHO, argument }),
      hostCalls('Sandglass, persistent, one thread', {
        ...{ threads: 1, measure, script: ECHO, argument, isolation: 'persistent' },
      }),
    ],
  };
}

function latency(): Suite {
  const measure = 'median';
  const reference = 'piscina, empty task, one in flight';
  return {
    name: 'pool-latency',
    title: 'Pool: median of an empty call, one in flight',
    unit: 'ns',
    reference,
    ...SETTINGS,
    subjects: [
      piscina(reference, { threads: 1, measure, tasksPerThread: 1 }),
      piscina(`${reference}, no atomics`, { threads: 1, measure, tasksPerThread: 1, atomics: 'disabled' }),
      hostCalls('Sandglass, pristine, one thread', { threads: 1, measure }),
      hostCalls('Sandglass, pristine, two threads', { threads: 2, measure }),
      hostCalls('Sandglass, persistent, one thread', { threads: 1, measure, isolation: 'persistent' }),
      hostCalls('Sandglass, pristine, calling thread', { threads: 'inline', measure }),
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
    reference: BEST,
    axis: 'calls in flight',
    ...SETTINGS,
    launches: 2,
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

/**
 * What a second thread adds: little to empty calls, where the calling thread is the bottleneck.
 */
function threads(): Suite {
  const measure = { inFlight: 64 };
  const { script, argument } = CPU_PROGRAMS[0];
  return {
    name: 'pool-threads',
    title: 'Pool: calls by threads, 64 in flight',
    unit: 'calls/s',
    reference: BEST,
    axis: 'threads',
    ...SETTINGS,
    subjects: [1, 2].flatMap((x) => {
      const point = (series: string): [string, Partial<SubjectSpec>] => [`${series}, ${x}`, { series, x }];
      const [reference, empty, busy] = [
        point(BEST),
        point('Sandglass, empty calls'),
        point('Sandglass, CPU-bound calls'),
      ];
      return [
        piscina(reference[0], { threads: x, measure, tasksPerThread: 64 }, reference[1]),
        hostCalls(empty[0], { threads: x, measure }, empty[1]),
        hostCalls(busy[0], { threads: x, measure, script, argument }, busy[1]),
      ];
    }),
  };
}
