import type { StatusList } from '../status-data.js';
import { spark } from './chart.js';
import { byId, element } from './dom.js';
import { formatCount, formatMs } from './format.js';
import { linkTo, stateTag } from './parts.js';
import { fill } from './sections.js';
import { table } from './table.js';

const HEADS = ['Extension', 'State', '#Calls', '#Failed', '#Median', '#99 %', 'Last 5 minutes'];

/** Shows a page of the list. @param page its number, from 1. */
export function showList(list: StatusList, page: number): void {
  const rows = list.rows.map(({ name, type, version, state, error, calls, failed, p50Ms, p99Ms, history }) => [
    [linkTo(name), element('div', 'soft', `${type} ${version}`), error ? element('div', 'bad text', error) : undefined],
    stateTag(state),
    formatCount(calls),
    element('span', failed ? 'bad' : '', formatCount(failed)),
    formatMs(p50Ms),
    formatMs(p99Ms),
    history ? spark(history) : undefined,
  ]);
  fill('extensions', list, () => [table({ heads: HEADS, rows, nothing: 'No extension matches' })]);
  const pages = Math.max(1, list.pages);
  byId('page').textContent =
    `page ${formatCount(page)} of ${formatCount(pages)}, ${formatCount(list.matching)} extensions`;
  (byId('previous') as HTMLButtonElement).disabled = page <= 1;
  (byId('next') as HTMLButtonElement).disabled = page >= pages;
}
