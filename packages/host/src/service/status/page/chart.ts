import type { HistoryPoint } from '../history.js';
import { byId, shape } from './dom.js';

/** One line of a chart. */
export interface Series {
  /** Class of its path. */
  name: string;
  read(point: HistoryPoint): number;
  /** Closes it along the ground. */
  isFilled: boolean;
}

/** Where lines are drawn, in units of the view box. */
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Points that fit; fewer stand at the right. */
  slots: number;
  /** The value at the top. */
  most: number;
}

/** Draws two minutes of a history, with its axes. @param id of the svg. */
export function drawChart(
  id: string,
  points: readonly HistoryPoint[],
  series: readonly Series[],
  format: (value: number) => string,
): void {
  const svg = byId(id);
  const width = svg.clientWidth || 600;
  const slots = 120;
  const shown = points.slice(-slots);
  const most = roundUp(Math.max(1, ...shown.flatMap((point) => series.map(({ read }) => read(point)))));
  const box: Box = { left: 58, right: width - 6, top: 8, bottom: 128, slots, most };
  svg.setAttribute('viewBox', `0 0 ${width} 150`);
  svg.replaceChildren(...axes(box, format), ...lines(shown, series, box));
}

/** Draws the calls of the last minute without axes. */
export function spark(points: readonly HistoryPoint[]): SVGElement {
  const svg = shape('svg', { class: 'spark', viewBox: '0 0 110 24', 'aria-hidden': 'true' });
  const slots = 60;
  const shown = points.slice(-slots);
  const most = Math.max(1, ...shown.map(({ calls }) => calls));
  svg.append(...lines(shown, CALLS, { left: 0, right: 110, top: 2, bottom: 23, slots, most }));
  return svg;
}

/** Calls, and those of them that failed. */
export const CALLS: readonly Series[] = [
  { name: 'calls', read: ({ calls }) => calls, isFilled: true },
  { name: 'failed', read: ({ failed }) => failed, isFilled: true },
];

export const LATENCY: readonly Series[] = [
  { name: 'p50', read: ({ p50Ms }) => p50Ms, isFilled: false },
  { name: 'p99', read: ({ p99Ms }) => p99Ms, isFilled: false },
];

function axes({ left, right, top, bottom, most }: Box, format: (value: number) => string): SVGElement[] {
  const rules = [0, 0.5, 1].flatMap((share) => {
    const y = bottom - (bottom - top) * share;
    const label = share ? format(most * share) : '0';
    return [
      shape('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y }),
      shape('text', { class: 'axis', x: left - 8, y: y + 4, 'text-anchor': 'end' }, label),
    ];
  });
  return [
    ...rules,
    shape('text', { class: 'axis', x: left, y: 146 }, '2 min ago'),
    shape('text', { class: 'axis', x: right, y: 146, 'text-anchor': 'end' }, 'now'),
  ];
}

function lines(points: readonly HistoryPoint[], series: readonly Series[], box: Box): SVGElement[] {
  if (points.length === 0) return [];
  return series.map((one) => shape('path', { class: one.name, d: pathOf(points, one, box) }));
}

function pathOf(points: readonly HistoryPoint[], { read, isFilled }: Series, box: Box): string {
  const { left, right, top, bottom, slots, most } = box;
  const x = (i: number): string =>
    (left + ((right - left) * (slots - points.length + i)) / Math.max(slots - 1, 1)).toFixed(1);
  const y = (value: number): string => (bottom - ((bottom - top) * value) / most).toFixed(1);
  const path = points.map((point, i) => `${i ? 'L' : 'M'}${x(i)} ${y(read(point))}`).join('');
  return isFilled ? `${path}L${x(points.length - 1)} ${bottom}L${x(0)} ${bottom}Z` : path;
}

/** The next of 1, 2, 5, 10, 20, … @param value above 0. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((step) => step * power >= value) ?? 10) * power;
}
