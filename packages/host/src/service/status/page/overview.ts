import type { FleetStats } from '../../../fleet/contract.js';
import type { StatusOverview } from '../status-data.js';
import { drawCharts } from './chart.js';
import { element } from './dom.js';
import { failuresOf, formatBytes, formatCount, formatDuration, formatMs, sumOf } from './format.js';
import { auditTable, bar, card, errorTable, text } from './parts.js';
import { fill, fillCards } from './sections.js';
import { table } from './table.js';

/** Shows the service as a whole. @param isHour whether charts show an hour, or five minutes. */
export function showOverview(data: StatusOverview, isHour: boolean): void {
  showCards(data);
  drawCharts('', isHour ? data.hour : data.recent);
  fill('errors', data.errors, () => [errorTable(data.errors, true)]);
  fill('denied', data.denied, () => [auditTable(data.denied, true, 'No capability call was denied')]);
  showWorkers(data);
}

function showCards({ totals, recent, extensions, rssBytes, ...data }: StatusOverview): void {
  const { nowMs, startedMs, processes, processesLost, fleet } = data;
  const { kills, lost, memoryBytes, maxMemoryBytes, settled, queued, running } = totals;
  const failures = failuresOf(settled);
  const all = Object.values(extensions).reduce((sum, count) => sum + count, 0);
  const memory = card('sandboxes, at most', `${formatBytes(memoryBytes)} / ${formatBytes(maxMemoryBytes)}`);
  memory.append(bar(memoryBytes / maxMemoryBytes));
  const cards = [
    card('calls per second', formatCount(recent.calls.at(-1) ?? 0)),
    card('median, 99 %', `${formatMs(recent.p50Ms.at(-1) ?? 0)}, ${formatMs(recent.p99Ms.at(-1) ?? 0)}`),
    card('calls and loads, failed', `${formatCount(sumOf(settled))}, ${formatCount(failures)}`, failures > 0),
    card('extensions, failed', `${formatCount(all)}, ${formatCount(extensions.failed)}`, extensions.failed > 0),
    card('queued, running', `${formatCount(queued)}, ${formatCount(running)}`),
    card('workers killed, lost', `${formatCount(kills)}, ${formatCount(lost)}`, kills + lost > 0),
    ...(processes + processesLost > 1
      ? [card('processes, lost', `${formatCount(processes)}, ${formatCount(processesLost)}`, processesLost > 0)]
      : []),
    ...(fleet ? [fleetCard(fleet)] : []),
    memory,
    card('resident, up for', `${formatBytes(rssBytes)}, ${formatDuration(nowMs - startedMs)}`),
  ];
  fillCards('cards', cards);
}

function fleetCard({ isConnected, revision, failed }: FleetStats): HTMLElement {
  const count = Object.keys(failed).length;
  const state = isConnected ? `connected, ${formatCount(revision)}, ${formatCount(count)}` : 'not connected';
  return card('fleet, revision, failed', state, !isConnected || count > 0);
}

function showWorkers({ workers }: StatusOverview): void {
  const rows = workers.map((one) => [
    String(one.id),
    one.state,
    one.runs === undefined
      ? element('span', 'soft', 'nothing')
      : [text(one.runs), element('span', 'soft nowrap', ` ${formatMs(one.current?.elapsedMs ?? 0)}`)],
    formatCount(one.running),
    formatCount(one.outcomes),
    formatMs(one.runMs.p50),
    formatMs(one.runMs.p99),
    formatCount(one.sandboxes),
    formatBytes(one.memoryBytes),
  ]);
  const heads = ['Worker', 'State', 'Runs now', '#Sent to it', '#Calls', '#Median', '#99 %', '#Sandboxes', '#Memory'];
  fill('workers', workers, () => [table({ heads, rows, nothing: 'No worker runs: they start with the first call' })]);
}
