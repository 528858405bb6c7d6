import type { StatusData } from '../status-data.js';
import { CALLS, drawChart, LATENCY } from './chart.js';
import { byId, element } from './dom.js';
import { EXTENSION_HEADS, extensionRow } from './extension-row.js';
import { failuresOf, formatBytes, formatCount, formatDuration, formatMs, formatTime, sumOf } from './format.js';
import { fillTable } from './table.js';

/** Shows the data in place of what was shown before. */
export function render(data: StatusData): void {
  renderCards(data);
  drawChart('calls', data.history, CALLS, formatCount);
  drawChart('latency', data.history, LATENCY, formatMs);
  fillTable('extensions', {
    heads: EXTENSION_HEADS,
    rows: data.extensions.map(extensionRow),
    nothing: 'No extension is loaded',
  });
  renderLimits(data);
  renderWorkers(data);
  renderErrors(data);
  renderAudit(data);
}

function renderCards({ totals, workers, history, rssBytes, nowMs, startedMs, ...data }: StatusData): void {
  const last = history.at(-1) ?? { calls: 0, p50Ms: 0 };
  const failures = failuresOf(totals.settled);
  const { kills, lost, memoryBytes, maxMemoryBytes } = totals;
  const { processes, processesLost } = data;
  byId('cards').replaceChildren(
    card('calls per second', formatCount(last.calls)),
    card('median latency', formatMs(last.p50Ms)),
    card('calls and loads so far', formatCount(sumOf(totals.settled))),
    card('failed', formatCount(failures), failures > 0),
    card('queued, running', `${formatCount(totals.queued)}, ${formatCount(totals.running)}`),
    ...(processes + processesLost > 1
      ? [card('processes, lost', `${formatCount(processes)}, ${formatCount(processesLost)}`, processesLost > 0)]
      : []),
    card('workers', formatCount(workers.length)),
    card('workers killed, lost', `${formatCount(kills)}, ${formatCount(lost)}`, kills + lost > 0),
    card('sandboxes, of at most', `${formatBytes(memoryBytes)}, ${formatBytes(maxMemoryBytes)}`),
    card('resident memory', formatBytes(rssBytes)),
    card('up for', formatDuration(nowMs - startedMs)),
  );
}

function card(label: string, value: string, isBad = false): HTMLElement {
  const shown = element('div', isBad ? 'value bad' : 'value', value);
  return element('div', 'card', shown, element('div', 'label', label));
}

function renderLimits({ extensions }: StatusData): void {
  const rows = extensions.flatMap(({ name, stats }) =>
    Object.entries(stats?.limits ?? {}).map(([code, times]) => [name, code, formatCount(times)]),
  );
  fillTable('limits', { heads: ['Extension', 'Code', '#Times'], rows, nothing: 'No limit has been hit' });
}

function renderWorkers({ workers }: StatusData): void {
  const rows = workers.map((one) => [
    String(one.id),
    one.state,
    formatCount(one.running),
    formatCount(one.outcomes),
    formatMs(one.runMs.p50),
    formatMs(one.runMs.p99),
    formatCount(one.sandboxes),
    formatBytes(one.memoryBytes),
  ]);
  const heads = ['#Worker', 'State', '#Running', '#Calls', '#Median', '#99 %', '#Sandboxes', '#Memory'];
  fillTable('workers', { heads, rows, nothing: 'No worker runs: they start with the first call' });
}

function renderErrors({ errors }: StatusData): void {
  const rows = errors.map(({ timeMs, extension, code, message }) => [
    formatTime(timeMs),
    extension ?? '',
    code ?? '',
    element('span', 'text', message),
  ]);
  fillTable('errors', { heads: ['Time', 'Extension', 'Code', 'Error'], rows, nothing: 'No error so far' });
}

function renderAudit({ audit }: StatusData): void {
  const rows = audit.map(({ timeMs, extension, capability, decision, status, target, reason }) => [
    formatTime(timeMs),
    extension,
    capability,
    element('span', decision === 'denied' ? 'bad' : '', status ? `${decision} ${status}` : decision),
    element('span', 'text', target || (reason ?? '')),
  ]);
  const heads = ['Time', 'Extension', 'Call', '', 'Target'];
  fillTable('audit', { heads, rows, nothing: 'No capability call so far' });
}
