import type { Results, SuiteResult } from '../results.js';
import { toBarChart } from './bar-chart.js';
import { toLineChart } from './line-chart.js';
import { THEMES } from './svg.js';

/** A chart of the README or the documentation, and where its figures are. */
export interface ChartSpec {
  /** Of the file: `<name>-light.svg` and `<name>-dark.svg`. */
  name: string;
  suite: string;
  /** @default the suite's */
  title?: string;
  /** Subjects to show. @default all */
  only?: RegExp;
}

/** Every chart that is kept. */
export const CHARTS: readonly ChartSpec[] = [
  {
    name: 'calls-per-second',
    suite: 'peers-rate-empty',
    title: 'Empty calls per second, 64 in flight, two threads where there are threads',
  },
  {
    name: 'isolation',
    suite: 'peers-empty',
    title: 'An empty call that finds nothing of an earlier one',
    only: /fresh|restored|pristine/,
  },
  { name: 'published-extension', suite: 'peers-phone-parser' },
  { name: 'cold-start', suite: 'cold-start' },
  { name: 'payload', suite: 'engine-payload' },
  { name: 'calls-in-flight', suite: 'pool-in-flight' },
  { name: 'extensions', suite: 'scale-extensions' },
  { name: 'memory', suite: 'memory-extensions' },
];

/** Draws the charts whose suites were run, light and dark, as file names with their content. */
export function drawCharts(all: readonly Results[], specs: readonly ChartSpec[] = CHARTS): Map<string, string> {
  const files = new Map<string, string>();
  for (const spec of specs) {
    const suite = findSuite(all, spec);
    if (!suite) continue;
    for (const theme of THEMES) {
      const chart = suite.axis === undefined ? toBarChart(suite, theme) : toLineChart(suite, theme);
      if (chart !== undefined) files.set(`${spec.name}-${theme.name}.svg`, chart);
    }
  }
  return files;
}

function findSuite(all: readonly Results[], { suite: name, title, only }: ChartSpec): SuiteResult | undefined {
  const suite = all.flatMap(({ suites }) => suites).find((candidate) => candidate.name === name);
  if (!suite) return undefined;
  const subjects = suite.subjects.filter((subject) => only?.test(subject.name) ?? true);
  return { ...suite, title: title ?? suite.title, subjects };
}
