import { findReference, type SubjectResult, type SuiteResult } from '../results.js';
import { centre } from '../stats/bootstrap.js';
import { fitPower } from '../stats/fit.js';
import { quantile } from '../stats/quantile.js';
import { formatRatio, formatValue } from './format.js';

const MAX_REASON_CHARS = 160;

/**
 * A suite as a Markdown table: medians, spread, ratio to the reference; below it the exponent of
 * each curve.
 */
export function toTable(suite: SuiteResult): string {
  const header = ['', 'median', '10 % to 90 %', ...(suite.reference === undefined ? [] : [`to ${suite.reference}`])];
  const rows = suite.subjects.map((subject) => toRow(subject, suite));
  return [
    `### ${suite.title}`,
    '',
    toAlignedTable([header, ...rows]),
    ...toFailures(suite),
    ...toExponents(suite),
  ].join('\n');
}

/** The curves of a suite, in the order of their first point. */
export function toSeries(suite: SuiteResult): { name: string; points: { x: number; y: number }[] }[] {
  const series = new Map<string, Point[]>();
  for (const point of measuredPoints(suite)) series.set(point.series, [...(series.get(point.series) ?? []), point]);
  return [...series].map(([name, points]) => ({ name, points: points.toSorted((a, b) => a.x - b.x) }));
}

function toRow(subject: SubjectResult, suite: SuiteResult): string[] {
  const samples = subject.samples.flat();
  const hasRatio = suite.reference !== undefined;
  if (samples.length === 0) return [subject.name, '–', '', ...(hasRatio ? [''] : [])];
  const value = centre(subject.samples);
  const reference = findReference(suite, subject);
  const ratio = reference ? formatRatio(value / centre(reference.samples)) : '';
  const spread = [0.1, 0.9].map((at) => formatValue(quantile(samples, at), suite.unit)).join(' to ');
  return [subject.name, formatValue(value, suite.unit), spread, ...(hasRatio ? [ratio] : [])];
}

/** Rows of cells as a Markdown table; the first row is its head. */
export function toAlignedTable(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [...lines.slice(0, 1), rule, ...lines.slice(1)].join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function toFailures({ subjects }: SuiteResult): string[] {
  const failed = subjects.filter(({ error }) => error !== undefined);
  return failed.length > 0
    ? ['', ...failed.map(({ name, error }) => `- ${name} failed: ${error?.slice(0, MAX_REASON_CHARS)}`)]
    : [];
}

function toExponents(suite: SuiteResult): string[] {
  if (suite.axis === undefined) return [];
  const lines = toSeries(suite).map(({ name, points }) => {
    const fit = fitPower(points);
    if (!fit) return `- ${name}: too few points for a fit`;
    return `- ${name}: grows with ${suite.axis} to the power of ${fit.exponent.toFixed(2)} (r² ${fit.r2.toFixed(2)})`;
  });
  return ['', ...lines];
}

interface Point {
  series: string;
  x: number;
  y: number;
}

function measuredPoints(suite: SuiteResult): Point[] {
  return suite.subjects.flatMap(({ series = '', x, samples }) =>
    x === undefined || samples.flat().length === 0 ? [] : [{ series, x, y: centre(samples) }],
  );
}
