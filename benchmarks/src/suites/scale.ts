import { createBundle, createPayload } from '../peers/workload.js';
import type { Suite, SubjectSpec } from '../run/subject.js';
import { ECHO, EMPTY } from './host-extension.js';
import { hostCalls, SERIES } from './pool.js';
import type { HostInput } from './pool-subjects.js';

const KIB = 1024;
const SETTINGS = { unit: 'ns', launches: 2, rounds: 4 } as const;

/**
 * What a call costs by how much there is of everything else. Calls in flight and threads are the
 * pool's suites, loading by source size the engine's.
 */
export function createScaleSuites(): Suite[] {
  return [
    curve({
      name: 'scale-extensions',
      title: 'Scale: a call by extensions loaded, called in turn',
      axis: 'extensions',
      points: [1, 10, 100, 1_000],
      toInput: (x) => ({ script: EMPTY, extensions: x }),
    }),
    curve({
      name: 'scale-payload',
      title: 'Scale: a call by bytes of JSON in and out',
      axis: 'bytes',
      points: [100, 2 * KIB, 100 * KIB, 1024 * KIB],
      toInput: (x) => ({ script: ECHO, argument: createPayload(x) }),
    }),
    curve({
      name: 'scale-source',
      title: 'Scale: a call by bytes of source',
      axis: 'bytes of source',
      points: [KIB, 10 * KIB, 100 * KIB, 1000 * KIB],
      toInput: (x) => ({ script: createBundle(x), argument: 7 }),
    }),
  ];
}

/** A suite with one point for each x, on one thread and on several. */
interface Curve {
  name: string;
  title: string;
  axis: string;
  points: readonly number[];
  toInput: (x: number) => Omit<HostInput, 'threads' | 'measure'>;
}

function curve({ name, title, axis, points, toInput }: Curve): Suite {
  return {
    name,
    title,
    axis,
    ...SETTINGS,
    subjects: points.flatMap((x) =>
      SERIES.map(([series, threads]): SubjectSpec => {
        const label = `${series}, ${x.toLocaleString('en')} ${axis}`;
        return hostCalls(label, { ...toInput(x), threads, measure: 'median' }, { series, x });
      }),
    ),
  };
}
