import type { RequestScope } from '@sandglass/core';

import type { StatusExtension, StatusLimit, StatusRecording } from '../status-data.js';
import { drawCharts } from './chart.js';
import { byId, element } from './dom.js';
import { failuresOf, formatBytes, formatCount, formatMs, formatRate, formatTime, sumOf } from './format.js';
import { auditTable, bar, card, errorTable, opened, stackOf, stateTag, text } from './parts.js';
import { fill, fillCards } from './sections.js';
import { table } from './table.js';

/** Shows one extension. @param filter what its allowed capability calls have to contain. */
export function showExtension(data: StatusExtension, filter: string): void {
  showHead(data);
  showCards(data);
  drawCharts('x-', data.history);
  showHandlers(data);
  fill('x-limits', data.limits, () => [limitTable(data.limits)]);
  fill('x-outcomes', data.stats?.settled, () => [outcomeTable(data)]);
  fill('x-errors', data.errors, () => [errorTable(data.errors, false)]);
  fill('x-denied', data.denied, () => [auditTable(data.denied, false, 'None was denied')]);
  const allowed = data.allowed.filter((one) => `${one.capability} ${one.target} ${one.reason ?? ''}`.includes(filter));
  fill('x-allowed', allowed, () => [auditTable(allowed, false, 'No such capability call lately')]);
  showLogs(data);
  fill('x-failures', data.failures, () => recordings(data.failures, 'No call has failed lately'));
  fill('x-slowest', data.slowest, () => recordings(data.slowest, 'No call in the last hour'));
}

function showHead({ info, error, canReload }: StatusExtension): void {
  const { name, version, type, isolation, sourceHash, state } = info;
  (byId('reload') as HTMLButtonElement).hidden = !canReload;
  fill('x-head', [info, error], () => [
    element('h2', 'title', element('span', 'name', name), ' ', stateTag(state)),
    element('p', 'soft text', `${type} ${version}, ${isolation}, source ${sourceHash.slice(0, 12)}`),
    element('p', '', ...scopes(info)),
    ...info.notes.map((note) => element('p', 'soft text', note)),
    ...(error ? [element('p', 'bad text', error.message)] : []),
    ...(error?.stack ? [stackOf(error.stack)] : []),
  ]);
}

function scopes({ requested, granted }: StatusExtension['info']): HTMLElement[] {
  const tags = Object.entries(requested).map(([name, scope]) => {
    if (!(name in granted)) return element('span', 'tag withheld', scopeText(name, scope));
    const [asked, given] = [scopeText(name, scope), scopeText(name, granted[name])];
    return element('span', 'tag', asked === given ? asked : `${asked} → granted: ${given}`);
  });
  return tags.length > 0 ? tags : [element('span', 'soft', 'no scopes')];
}

function scopeText(name: string, scope: unknown): string {
  // the one with more to say than its name
  const { methods = [], urls = [] } = (scope ?? {}) as Partial<RequestScope>;
  return [name, ...methods, ...urls].join(' ');
}

function showCards({ seen, stats }: StatusExtension): void {
  const { calls = 0, failed = 0, p50Ms = 0, p99Ms = 0, maxHeapBytes = 0, cpuTimeMs = 0 } = seen ?? {};
  const cards = [
    card('calls, failed', `${formatCount(calls)}, ${formatCount(failed)}`, failed > 0),
    card('median, 99 %', `${formatMs(p50Ms)}, ${formatMs(p99Ms)}`),
    card('CPU in all, a call', `${formatMs(cpuTimeMs)}, ${formatMs(calls === 0 ? 0 : cpuTimeMs / calls)}`),
    card('highest heap', maxHeapBytes === 0 ? '–' : formatBytes(maxHeapBytes)),
    card('queued, running', `${formatCount(stats?.queued ?? 0)}, ${formatCount(stats?.running ?? 0)}`),
    card('workers that hold it', formatCount(stats?.lanes ?? 0)),
  ];
  fillCards('x-cards', cards);
}

function showHandlers({ handlers, info }: StatusExtension): void {
  const heads = [
    'Registration',
    '#Calls',
    '#A second',
    '#Failed',
    '#Median',
    '#99 %',
    '#Longest',
    '#CPU a call',
    '#Highest heap',
  ];
  const rows = handlers.map((one) => [
    text(one.name),
    formatCount(one.calls),
    formatRate(one.perSecond),
    element('span', one.failed > 0 ? 'bad' : '', formatCount(one.failed)),
    formatMs(one.p50Ms),
    formatMs(one.p99Ms),
    formatMs(one.maxMs),
    formatMs(one.cpuTimeMs / one.calls),
    one.maxHeapBytes === 0 ? '–' : formatBytes(one.maxHeapBytes),
  ]);
  const nothing = `None of ${formatCount(info.registrationCount)} registrations was called lately`;
  fill('x-handlers', [handlers, nothing], () => [table({ heads, rows, nothing })]);
}

function limitTable(limits: readonly StatusLimit[]): HTMLElement {
  const rows = limits.map(({ name, value, most }) => [
    element('span', 'nowrap', name),
    formatLimit(name, value),
    most === undefined ? '–' : formatLimit(name, most),
    most === undefined ? undefined : bar(most / value),
  ]);
  return table({ heads: ['Limit', '#At most', '#Most of a call', 'How near'], rows, nothing: 'No limits' });
}

function formatLimit(name: StatusLimit['name'], value: number): string {
  if (name.endsWith('Ms')) return formatMs(value);
  return name.endsWith('Bytes') ? formatBytes(value) : formatCount(value);
}

function outcomeTable({ stats }: StatusExtension): HTMLElement {
  const settled = stats?.settled ?? {};
  const all = sumOf(settled);
  const rows = Object.entries(settled).map(([code, count]) => [
    element('span', code === 'ok' ? 'nowrap' : 'bad nowrap', code),
    formatCount(count),
    `${((count / all) * 100).toFixed(count === all ? 0 : 1)} %`,
  ]);
  const nothing = failuresOf(settled) === 0 ? 'Nothing has ended yet' : '';
  return table({ heads: ['How calls and loads ended', '#Times', '#Share'], rows, nothing });
}

function showLogs({ logs }: StatusExtension): void {
  const rows = logs.map(({ timeMs, level, message, callId }) => [
    element('span', 'nowrap', formatTime(timeMs)),
    element('span', level === 'warn' ? 'bad nowrap' : 'nowrap', level),
    text(message),
    String(callId),
  ]);
  fill('x-logs', logs, () => [table({ heads: ['Time', 'Level', 'Line', '#Call'], rows, nothing: 'No line lately' })]);
}

function recordings(list: readonly StatusRecording[], nothing: string): HTMLElement[] {
  if (list.length === 0) return [element('p', 'empty', nothing)];
  return list.map((one) => {
    const { timeMs, name, outcome, durationMs, callId, message, cpuTimeMs, heapBytes } = one;
    const facts = [
      message,
      callId === undefined ? undefined : `call ${callId}`,
      cpuTimeMs === undefined ? undefined : `CPU ${formatMs(cpuTimeMs)}`,
      heapBytes === undefined ? undefined : `heap ${formatBytes(heapBytes)}`,
    ].filter((fact) => fact !== undefined);
    const summary = [
      element('span', 'nowrap', formatTime(timeMs)),
      ' ',
      text(name),
      ' ',
      element('span', outcome === 'ok' ? 'nowrap' : 'bad nowrap', outcome),
      ' ',
      element('span', 'nowrap', formatMs(durationMs)),
    ];
    return opened(`${timeMs} ${callId}`, summary, element('div', 'soft text', facts.join(', ')), stepTable(one));
  });
}

function stepTable({ steps, moreSteps }: StatusRecording): HTMLElement {
  const rows = steps.map(({ atMs, durationMs, what, text: said, isDenied }) => [
    `${Math.round(atMs)} ms`,
    durationMs === undefined ? '–' : formatMs(durationMs),
    element('span', isDenied ? 'bad nowrap' : 'nowrap', what),
    text(said),
  ]);
  const nothing = 'It made no capability call and logged nothing';
  const made = table({ heads: ['#After', '#Took', 'What', 'Target, line'], rows, nothing });
  const more = moreSteps > 0 ? [element('div', 'soft', `and ${formatCount(moreSteps)} more`)] : [];
  return element('div', '', made, ...more);
}
