import type { Results, SuiteResult } from '../results.js';
import { centre } from '../stats/bootstrap.js';
import { median } from '../stats/quantile.js';
import { formatRatio, formatValue } from './format.js';
import { toAlignedTable } from './table.js';

const OURS = 'Sandglass, pristine, calling thread';
const OURS_IN_THE_ENGINE = 'Sandglass, pristine';
const V8 = 'V8, no sandbox';
const OURS_FOR_V8 = 'Sandglass, persistent, engine alone';
const V8_SANDBOX = 'isolated-vm, persistent, blocking';

/** Where others are faster, out of the results themselves, as Markdown. */
export function toLosses(all: readonly Results[]): string {
  const suites = all.flatMap((results) => results.suites);
  return (
    [cpuLosses(suites), handlerLoss(suites), peerLosses(suites)].filter((text) => text !== '').join('\n\n') ||
    'Nothing measured yet.'
  );
}

function cpuLosses(suites: readonly SuiteResult[]): string {
  const rows = suites.flatMap((suite) => {
    const [ours, v8] = [find(suite, OURS_IN_THE_ENGINE), find(suite, V8)];
    if (!suite.name.startsWith('engine-cpu-') || ours === undefined || v8 === undefined) return [];
    return [{ title: suite.title.replace(/^.*, /, ''), ours, v8 }];
  });
  if (rows.length === 0) return '';
  const table = toAlignedTable([
    ['CPU-bound code', 'Sandglass', 'V8', 'V8 is ahead by'],
    ...rows
      .toSorted((a, b) => b.ours / b.v8 - a.ours / a.v8)
      .map(({ title, ours, v8 }) => [title, formatValue(ours, 'ns'), formatValue(v8, 'ns'), formatRatio(ours / v8)]),
  ]);
  const middle = formatRatio(median(rows.map(({ ours, v8 }) => ours / v8)));
  return `${table}\n\nThe middle one of these programs runs ${middle} as fast with a JIT.`;
}

/**
 * The CPU-bound handler that every peer runs, in V8 with the same isolation of one sandbox for all
 * calls.
 */
function handlerLoss(suites: readonly SuiteResult[]): string {
  const suite = suites.find(({ name }) => name === 'peers-cpu');
  const [ours, jit] = suite ? [find(suite, OURS_FOR_V8), find(suite, V8_SANDBOX)] : [];
  if (ours === undefined || jit === undefined) return '';
  return `The CPU-bound handler of the peers' suites takes ${formatValue(ours, 'ns')} in _${OURS_FOR_V8}_ and ${formatValue(jit, 'ns')} in _${V8_SANDBOX}_: a JIT is ${formatRatio(ours / jit)} as fast.`;
}

function peerLosses(suites: readonly SuiteResult[]): string {
  const rows = suites.flatMap((suite) => {
    const ours = find(suite, OURS);
    if (!suite.name.startsWith('peers-') || suite.unit !== 'ns' || ours === undefined) return [];
    const faster = suite.subjects
      .filter(({ name }) => !name.startsWith('Sandglass'))
      .map(({ name, samples }) => ({ name, value: centre(samples) }))
      .filter(({ value }) => value < ours)
      .toSorted((a, b) => a.value - b.value)
      .map(({ name, value }) => `${name} ${formatRatio(ours / value)}`);
    return [`- **${suite.title}**, ${formatValue(ours, 'ns')}: ${faster.join('; ') || 'nothing is faster'}`];
  });
  return rows.length === 0 ? '' : [`Faster than _${OURS}_, and how many times:`, '', ...rows].join('\n');
}

function find({ subjects }: SuiteResult, wanted: string): number | undefined {
  const subject = subjects.find(({ name, samples }) => name === wanted && samples.flat().length > 0);
  return subject && centre(subject.samples);
}
