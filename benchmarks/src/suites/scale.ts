import { createBundle, createPayload } from '../peers/workload.js';
import type { Suite, SubjectSpec } from '../run/subject.js';
import { ECHO, EMPTY } from './host-extension.js';
import { hostCalls, PLACES } from './pool.js';
import type { HostInput } from './pool-subjects.js';

const KIB = 1024;
const SETTINGS = { unit: 'ns', launches: 2, rounds: 4 } as const;

/** What a call costs by how much there is of everything else. Calls in flight and threads are the pool's suites, loading by source size the engine's. */
export function createScaleSuites(): Suite[] {
  return [
    curve(
      'scale-extensions',
      'Scale: a call by extensions loaded, called in turn',
      'extensions',
      [1, 10, 100, 1_000],
      (x) => ({
        script: EMPTY,
        extensions: x,
      }),
    ),
    curve(
      'scale-payload',
      'Scale: a call by bytes of JSON in and out',
      'bytes',
      [100, 2 * KIB, 100 * KIB, 1024 * KIB],
      (x) => ({
        script: ECHO,
        argument: createPayload(x),
      }),
    ),
    curve(
      'scale-source',
      'Scale: a call by bytes of source',
      'bytes of source',
      [KIB, 10 * KIB, 100 * KIB, 1000 * KIB],
      (x) => ({
        script: createBundle(x),
        argument: 7,
      }),
    ),
  ];
}

function curve(
  name: string,
  title: string,
  axis: string,
  points: readonly number[],
  toInput: (x: number) => Omit<HostInput, 'threads' | 'measure'>,
): Suite {
  return {
    name,
    title,
    axis,
    ...SETTINGS,
    subjects: points.flatMap((x) =>
      PLACES.map(([series, threads]): SubjectSpec => {
        const label = `${series}, ${x.toLocaleString('en')} ${axis}`;
        return hostCalls(label, { ...toInput(x), threads, measure: 'median' }, { series, x });
      }),
    ),
  };
}
