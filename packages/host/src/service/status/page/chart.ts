import type { HistoryData } from '../status-data.js';
import { byId, shape } from './dom.js';
import { formatCount, formatDuration, formatMs } from './format.js';

/** One line of a chart. */
interface Series {
  /** Class of its path. */
  name: string;
  values: readonly number[];
  /** `area` is filled, `bars` are drawn for what is not 0, and a `line` has gaps there. */
  kind: 'area' | 'bars' | 'line';
}

/** Where lines are drawn, in units of the view box. */
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Points that fit; fewer stand at the right. */
  slots: number;
  /** Share of the height that a value takes. */
  scale: (value: number) => number;
}

/** Intervals of a history. */
const SLOTS = 300;
const HEIGHT = 150;
/** Milliseconds at the foot of a latency chart: each step up from there is ten times as much. */
const LEAST_MS = 0.01;

/** Puts a pair of charts into the page, of calls and of latency. @param prefix of their ids. */
export function addCharts(prefix: string): void {
  const pair = (byId('chart-pair') as HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
  for (const svg of pair.querySelectorAll('svg')) svg.id = prefix + svg.id;
  byId(`${prefix}charts`).append(pair);
}

/** Draws such a pair; without a history it is empty. */
export function drawCharts(prefix: string, history: HistoryData | undefined): void {
  const [calls, latency] = [`${prefix}calls`, `${prefix}latency`];
  if (history) {
    drawCalls(calls, history);
    drawLatency(latency, history);
  } else for (const id of [calls, latency]) byId(id).replaceChildren();
}

/** Draws calls per second. @param id of the svg. */
function drawCalls(id: string, history: HistoryData): void {
  const perSecond = (counts: readonly number[]): number[] => counts.map((n) => (n * 1_000) / history.intervalMs);
  const [calls, failed] = [perSecond(history.calls), perSecond(history.failed)];
  const most = roundUp(Math.max(1, ...calls));
  const marks = [0, most / 2, most].map((value) => ({ value, label: formatCount(value) }));
  draw(id, history, { series: callSeries(calls, failed), marks, scale: (value) => value / most });
}

/** Draws latency, on an axis of powers of ten: one slow call does not flatten the others. */
function drawLatency(id: string, history: HistoryData): void {
  const most = Math.max(1, ...history.p99Ms);
  const steps = Math.ceil(Math.log10(most / LEAST_MS));
  const series: Series[] = [
    { name: 'p99', values: history.p99Ms, kind: 'line' },
    { name: 'p50', values: history.p50Ms, kind: 'line' },
  ];
  const every = Math.ceil(steps / 4);
  const marks = Array.from({ length: Math.floor(steps / every) + 1 }, (_, i) => {
    const value = LEAST_MS * 10 ** (i * every);
    return { value, label: formatMs(value) };
  });
  const scale = (value: number): number => Math.max(0, Math.log10(value / LEAST_MS)) / steps;
  draw(id, history, { series, marks, scale });
}

/** Draws calls without axes. */
export function spark({ calls, failed }: HistoryData): SVGElement {
  const svg = shape('svg', { class: 'spark', viewBox: '0 0 110 24', 'aria-hidden': 'true' });
  const most = Math.max(1, ...calls);
  const box: Box = { left: 1, right: 109, top: 2, bottom: 23, slots: 25, scale: (value) => value / most };
  svg.append(...lines(callSeries(calls, failed), box));
  return svg;
}

function callSeries(calls: readonly number[], failed: readonly number[]): Series[] {
  return [
    { name: 'calls', values: calls, kind: 'area' },
    { name: 'failed', values: failed, kind: 'bars' },
  ];
}

interface Content {
  series: readonly Series[];
  marks: readonly { value: number; label: string }[];
  scale: (value: number) => number;
}

function draw(id: string, { intervalMs }: HistoryData, { series, marks, scale }: Content): void {
  const svg = byId(id);
  const width = svg.clientWidth || 600;
  const box: Box = { left: 62, right: width - 6, top: 8, bottom: 128, slots: SLOTS, scale };
  svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
  svg.replaceChildren(...axes(box, marks, intervalMs), ...lines(series, box));
}

function axes({ left, right, top, bottom, scale }: Box, marks: Content['marks'], intervalMs: number): SVGElement[] {
  const rules = marks.flatMap(({ value, label }) => {
    const y = bottom - (bottom - top) * scale(value);
    return [
      shape('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y }),
      shape('text', { class: 'axis', x: left - 8, y: y + 4, 'text-anchor': 'end' }, label),
    ];
  });
  const began = `${formatDuration(SLOTS * intervalMs)} ago`;
  return [
    ...rules,
    shape('text', { class: 'axis', x: left, y: 146 }, began),
    shape('text', { class: 'axis', x: right, y: 146, 'text-anchor': 'end' }, 'now'),
  ];
}

function lines(series: readonly Series[], box: Box): SVGElement[] {
  return series.flatMap((one) => {
    const d = pathOf(one, box);
    return d === '' ? [] : [shape('path', { class: one.name, d })];
  });
}

function pathOf({ values, kind }: Series, { left, right, top, bottom, slots, scale }: Box): string {
  const x = (i: number): string => (left + ((right - left) * (slots - values.length + i)) / (slots - 1)).toFixed(1);
  const y = (value: number): string => (bottom - (bottom - top) * scale(value)).toFixed(1);
  if (kind === 'bars') return values.map((value, i) => (value > 0 ? `M${x(i)} ${bottom}V${y(value)}` : '')).join('');
  if (kind === 'line') {
    const isGap = (i: number): boolean => !((values[i] ?? 0) > 0);
    // a point between two gaps is a dot
    return values
      .map((value, i) =>
        isGap(i) ? '' : `${isGap(i - 1) ? 'M' : 'L'}${x(i)} ${y(value)}${isGap(i - 1) ? 'h.01' : ''}`,
      )
      .join('');
  }
  if (!values.some((value) => value > 0)) return '';
  const line = values.map((value, i) => `${i ? 'L' : 'M'}${x(i)} ${y(value)}`).join('');
  return `${line}L${x(values.length - 1)} ${bottom}L${x(0)} ${bottom}Z`;
}

/** The next of 1, 2, 5, 10, 20, … @param value above 0. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((step) => step * power >= value) ?? 10) * power;
}
