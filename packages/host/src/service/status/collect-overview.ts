import type { LaneStats } from '../../pool/stats/stats.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import type { ExtensionInfo } from '../../types.js';
import type { StatusOverview, StatusWorker } from './status-data.js';
import { History } from './history.js';
import type { StatusReport } from './report-status.js';
import type { WatchedOverview } from './watched.js';

const NO_CALLS = new History(1_000).toData();
/** Stands for what processes that did not answer in time have watched. */
const NOTHING: WatchedOverview = {
  view: 'overview',
  startedMs: Date.now(),
  recent: NO_CALLS,
  hour: NO_CALLS,
  errors: [],
  denied: [],
};

/** The service as a whole. */
export function collectOverview(
  extensions: readonly ExtensionInfo[],
  { stats, process: facts, watched, fleet }: StatusReport,
  canReload: boolean,
): StatusOverview {
  const { extensions: _none, lanes, ...totals } = stats;
  const states: StatusOverview['extensions'] = { ready: 0, failed: 0, loading: 0, unloading: 0 };
  for (const { state } of extensions) states[state] += 1;
  const { view: _view, ...seen } = watched?.view === 'overview' ? watched : NOTHING;
  return {
    nowMs: Date.now(),
    ...seen,
    canReload,
    processes: facts.processes,
    processesLost: facts.lost,
    rssBytes: facts.rssBytes,
    fleet,
    totals,
    workers: lanes.map((lane) => describeWorker(lane, extensions)),
    extensions: states,
  };
}

function describeWorker(lane: LaneStats, extensions: readonly ExtensionInfo[]): StatusWorker {
  const { current } = lane;
  if (!current) return { ...lane, runs: undefined };
  const { extension: name, handler } = current;
  const extension = extensions.find((one) => one.name === name);
  const registration = extension?.registrations.find((one) => one.handler === handler);
  const what = registration ? describeRegistration(registration, `/${name}`) : handler === undefined ? 'load' : 'call';
  return { ...lane, runs: registration?.type === 'route' ? what : `${name}: ${what}` };
}
