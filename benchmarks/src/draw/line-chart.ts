import type { SuiteResult } from '../results.js';
import { fitPower } from '../stats/fit.js';
import { formatValue } from './format.js';
import { createLogScale, createPointScale } from './log-scale.js';
import { element, isOurs, label, type Theme, toDocument } from './svg.js';
import { toSeries } from './table.js';

const WIDTH = 760;
const PLOT = { left: 80, right: 45, top: 50, height: 260 };
const LEGEND_ROW = 20;

/**
 * The curves of a scale suite on two logarithmic axes, with each fitted exponent in the legend.
 * Undefined if nothing was measured.
 */
export function toLineChart(suite: SuiteResult, theme: Theme): string | undefined {
  // Ours first, so that it has the colour that it has elsewhere.
  const series = toSeries(suite)
    .filter(({ points }) => points.length > 1)
    .toSorted((a, b) => Number(isOurs(b.name)) - Number(isOurs(a.name)));
  const points = series.flatMap((curve) => curve.points);
  if (suite.axis === undefined || points.length === 0) return undefined;

  const bottom = PLOT.top + PLOT.height;
  const xScale = createPointScale(
    points.map(({ x }) => x),
    PLOT.left,
    WIDTH - PLOT.right,
  );
  const yScale = createLogScale(
    points.map(({ y }) => y),
    bottom,
    PLOT.top,
  );
  const grid = [
    ...xScale.ticks.flatMap((tick) => {
      const x = xScale.toPixel(tick);
      return [
        element('line', { x1: x, x2: x, y1: PLOT.top, y2: bottom, stroke: theme.grid }),
        label(tick.toLocaleString('en'), { x, y: bottom + 18, fill: theme.faint, 'text-anchor': 'middle' }),
      ];
    }),
    ...yScale.ticks.flatMap((tick) => {
      const y = yScale.toPixel(tick);
      return [
        element('line', { x1: PLOT.left, x2: WIDTH - PLOT.right, y1: y, y2: y, stroke: theme.grid }),
        label(formatValue(tick, suite.unit), { x: PLOT.left - 8, y: y + 4, fill: theme.faint, 'text-anchor': 'end' }),
      ];
    }),
    label(suite.axis, { x: WIDTH - PLOT.right, y: bottom + 36, fill: theme.faint, 'text-anchor': 'end' }),
  ];
  const curves = series.flatMap((curve, index) => {
    const colour = theme.curves[index % theme.curves.length] ?? theme.text;
    const pixels = curve.points.map(({ x, y }) => ({ cx: xScale.toPixel(x), cy: yScale.toPixel(y) }));
    const path = pixels.map(({ cx, cy }) => `${cx.toFixed(1)},${cy.toFixed(1)}`).join(' ');
    const y = bottom + 52 + index * LEGEND_ROW;
    const fit = fitPower(curve.points);
    const exponent = fit ? `, exponent ${fit.exponent.toFixed(2)}` : '';
    return [
      element('polyline', { points: path, fill: 'none', stroke: colour, 'stroke-width': isOurs(curve.name) ? 3 : 1.5 }),
      ...pixels.map((pixel) => element('circle', { ...pixel, r: 3.5, fill: colour })),
      element('rect', { x: PLOT.left, y: y - 10, width: 12, height: 12, rx: 2, fill: colour }),
      label(`${curve.name}${exponent}`, { x: PLOT.left + 18, y, fill: theme.text, ...weight(curve.name) }),
    ];
  });
  const height = bottom + 52 + series.length * LEGEND_ROW;
  return toDocument(suite.title, theme, { width: WIDTH, height }, [...grid, ...curves]);
}

function weight(name: string): Record<string, number> {
  return isOurs(name) ? { 'font-weight': 600 } : {};
}
