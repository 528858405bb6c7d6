import { createBundle, createPayload, fromScript } from '../peers/workload.js';
import { compiled } from '../run/compiled.js';
import type { Suite, SubjectSpec } from '../run/subject.js';
import type { BareInput } from './bare-subjects.js';
import { CPU_PROGRAMS } from './cpu-programs.js';
import type { EngineInput } from './engine-subjects.js';
import { ECHO, EMPTY } from './host-extension.js';

const ENGINE = compiled('suites/engine-subjects.js');
const BARE = compiled('suites/bare-subjects.js');
const KIB = 1024;

const REFERENCE = 'quickjs-emscripten, callFunction';

/** The engine on one thread, against the same QuickJS without it. */
export function createEngineSuites(): Suite[] {
  return [createCallSuite(), payloadSuite(), valueSuite(), loadSuite(), ...CPU_PROGRAMS.map(cpuSuite)];
}

/** An empty call. @param options of the pristine one */
export function createCallSuite(options: Partial<EngineInput> = {}): Suite {
  return {
    name: 'engine-call',
    title: 'Engine: an empty call on one thread',
    unit: 'ns',
    clock: 'cpu',
    reference: REFERENCE,
    subjects: [
      bare(REFERENCE, 'openCallFunction', [EMPTY, null]),
      bare('quickjs-emscripten, fresh context', 'openFreshContext', [EMPTY, null]),
      sandglass('Sandglass, pristine', EMPTY, null, options),
      sandglass('Sandglass, persistent', EMPTY, null, { isolation: 'persistent' }),
      { name: 'Sandglass, restore alone', module: ENGINE, open: 'openRestore', input: { module: toModule(EMPTY) } },
    ],
  };
}

/** What is counted in instructions: the path of every call. */
export function createHotPath(): SubjectSpec[] {
  return [
    { name: 'Sandglass, restore alone', module: ENGINE, open: 'openRestore', input: { module: toModule(EMPTY) } },
    sandglass('Sandglass, empty call', EMPTY, null),
    sandglass('Sandglass, 2 KB in and out', ECHO, createPayload(2 * KIB)),
  ];
}

/** An engine call, as a subject. */
export function sandglass(
  name: string,
  script: string,
  argument: unknown,
  options: Partial<EngineInput> & Partial<SubjectSpec> = {},
): SubjectSpec {
  const { isolation = 'pristine', slowdownPercent = 0, ...spec } = options;
  const input: EngineInput = { module: toModule(script), argument, isolation, slowdownPercent };
  return { name, module: ENGINE, open: 'openCall', input, ...spec };
}

/** A call in quickjs-emscripten alone, as a subject: of a script with an argument. */
function bare(
  name: string,
  open: string,
  [script, argument]: readonly [string, unknown],
  options: Partial<BareInput> & Partial<SubjectSpec> = {},
): SubjectSpec {
  const { crossing = 'json', ...spec } = options;
  const input: BareInput = { script, argument, crossing };
  return { name, module: BARE, open, input, ...spec };
}

function payloadSuite(): Suite {
  const sizes = [100, 2 * KIB, 100 * KIB, 1024 * KIB];
  return {
    name: 'engine-payload',
    title: 'Engine: payload in and out',
    unit: 'ns',
    clock: 'cpu',
    reference: REFERENCE,
    axis: 'bytes',
    subjects: sizes.flatMap((x) => {
      const payload = createPayload(x);
      const label = x < KIB ? `${x} B` : `${(x / KIB).toLocaleString('en')} KiB`;
      const point = (series: string): Partial<SubjectSpec> & { name: string } => ({
        name: `${series}, ${label}`,
        series,
        x,
      });
      return [
        bare('', 'openCallFunction', [ECHO, payload], point(REFERENCE)),
        bare('', 'openCallFunction', [ECHO, payload], { crossing: 'dump', ...point('quickjs-emscripten, dump') }),
        bare('', 'openStringCrossing', [ECHO, payload], point('quickjs-emscripten, string alone')),
        sandglass('', ECHO, payload, point('Sandglass, pristine')),
        sandglass('', ECHO, payload, { isolation: 'persistent', ...point('Sandglass, persistent') }),
      ];
    }),
  };
}

/** Values that JSON cannot carry, about as large as 2 KB of JSON. */
function valueSuite(): Suite {
  const rows = Array.from({ length: 30 }, (_, index) => ({ id: index, name: `item ${index}` }));
  const shared = { label: 'shared' };
  const values: Record<string, unknown> = {
    'plain JSON': createPayload(2 * KIB),
    'dates and BigInt': rows.map((row) => ({ ...row, at: new Date(row.id), count: BigInt(row.id) })),
    'a Map': new Map(rows.map((row) => [row.name, row])),
    'a Set': new Set(rows.map(({ name }) => name)),
    'typed arrays': { bytes: new Uint8Array(1024), floats: new Float64Array(128) },
    'shared references': rows.map(({ id, name }) => ({ id, name, shared })),
  };
  const reference = `${REFERENCE}, plain JSON`;
  return {
    name: 'engine-values',
    title: 'Engine: 2 KB of plain and of rare types in and out',
    unit: 'ns',
    clock: 'cpu',
    reference,
    subjects: [
      bare(reference, 'openCallFunction', [ECHO, values['plain JSON']]),
      ...Object.entries(values).map(([name, value]) => sandglass(`Sandglass, ${name}`, ECHO, value)),
    ],
  };
}

function loadSuite(): Suite {
  const sizes = [1, 10, 100, 1000].map((kib) => kib * KIB);
  return {
    name: 'engine-load',
    title: 'Engine: loading an extension',
    unit: 'ns',
    clock: 'cpu',
    axis: 'bytes of source',
    launches: 3,
    subjects: sizes.flatMap((x) => {
      const module = toModule(createBundle(x));
      return (['source', 'snapshot'] as const).map((from) => {
        const series = `Sandglass, from ${from}`;
        return {
          name: `${series}, ${x / KIB} KiB`,
          module: ENGINE,
          open: 'openLoad',
          input: { module, from },
          series,
          x,
        };
      });
    }),
  };
}

function cpuSuite({ name, script, argument }: (typeof CPU_PROGRAMS)[number]): Suite {
  return {
    name: `engine-cpu-${name.replaceAll(' ', '-').toLowerCase()}`,
    title: `Engine: CPU-bound, ${name}`,
    unit: 'ns',
    clock: 'cpu',
    reference: REFERENCE,
    launches: 3,
    subjects: [
      bare(REFERENCE, 'openCallFunction', [script, argument]),
      sandglass('Sandglass, pristine', script, argument),
      bare('V8, no sandbox', 'openPlain', [script, argument]),
    ],
  };
}

function toModule(script: string): string {
  return fromScript({ script }).module;
}
