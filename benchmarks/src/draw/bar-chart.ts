import type { SuiteResult } from '../results.js';
import { centre } from '../stats/bootstrap.js';
import { formatValue } from './format.js';
import { createLogScale } from './log-scale.js';
import { element, isOurs, label, type Theme, toDocument } from './svg.js';

const WIDTH = 760;
const ROW = 24;
const TOP = 44;
const LABELS = 280;
const RIGHT = 90;

/** A bar for each subject, best first, on a logarithmic axis. Undefined if nothing was measured. */
export function toBarChart(suite: SuiteResult, theme: Theme): string | undefined {
  const direction = suite.unit === 'calls/s' ? -1 : 1;
  const bars = suite.subjects
    .map(({ name, samples }) => ({ name, value: centre(samples) }))
    .filter(({ value }) => value > 0)
    .toSorted((a, b) => (a.value - b.value) * direction);
  if (bars.length === 0) return undefined;

  const height = TOP + bars.length * ROW + 30;
  const scale = createLogScale(
    bars.map(({ value }) => value),
    LABELS,
    WIDTH - RIGHT,
  );
  const grid = scale.ticks.flatMap((tick) => {
    const x = scale.toPixel(tick);
    return [
      element('line', { x1: x, x2: x, y1: TOP, y2: height - 26, stroke: theme.grid }),
      label(formatValue(tick, suite.unit), {
        x,
        y: height - 10,
        fill: theme.faint,
        'text-anchor': 'middle',
        'font-size': 11,
      }),
    ];
  });
  const rows = bars.flatMap(({ name, value }, index) => {
    const y = TOP + index * ROW;
    const end = scale.toPixel(value);
    const ours = isOurs(name);
    return [
      label(name, {
        x: LABELS - 10,
        y: y + 16,
        fill: theme.text,
        'text-anchor': 'end',
        ...(ours ? { 'font-weight': 600 } : {}),
      }),
      element('rect', {
        x: LABELS,
        y: y + 4,
        width: Math.max(end - LABELS, 1),
        height: ROW - 8,
        rx: 2,
        fill: ours ? theme.accent : theme.bar,
      }),
      label(formatValue(value, suite.unit), { x: end + 6, y: y + 16, fill: theme.text, ...halo(theme) }),
    ];
  });
  const better = direction === 1 ? 'less is better' : 'more is better';
  const note = label(`${better}, logarithmic`, { x: 16, y: height - 10, fill: theme.faint, 'font-size': 11 });
  return toDocument(suite.title, theme, { width: WIDTH, height }, [note, ...grid, ...rows]);
}

/** Keeps the lines of the grid out of a label that lies on them. */
function halo({ background }: Theme): Record<string, string | number> {
  return { stroke: background, 'stroke-width': 4, 'paint-order': 'stroke' };
}
