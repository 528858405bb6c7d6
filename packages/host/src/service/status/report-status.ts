import { readProcessFacts, type ReportedHost, type ServiceReport } from '../report.js';
import { ExtensionTexts } from './extension-texts.js';
import type { Watch } from './watch.js';
import type { StatusWanted, Watched } from './watched.js';

/** Intervals of the history of an extension in the list: five minutes. */
const ROW_LENGTH = 25;

/** The report of one process for the status page. */
export type StatusReport = Omit<ServiceReport, 'service'>;

/** The report of this process, with the parts that are wanted. */
export function reportStatus(host: ReportedHost, watch: Watch, wanted: StatusWanted): StatusReport {
  const names = wanted.view === 'extension' ? [wanted.name] : [];
  return {
    stats: host.stats(names),
    // of the others, all processes have the same
    extensions: host.extensions.filter(({ name, state }) => state === 'failed' || names.includes(name)),
    process: readProcessFacts(wanted),
    fleet: host.fleet?.stats(),
    watched: readWatch(watch, wanted),
  };
}

function readWatch(watch: Watch, wanted: StatusWanted): Watched {
  switch (wanted.view) {
    case 'overview': {
      const { startedMs, recent, hour, errors, denied } = watch;
      return { view: 'overview', startedMs, recent: recent.toData(), hour: hour.toData(), errors, denied };
    }
    case 'list': {
      const rows = watch.numbers().map(([name, { seen, history }]) => {
        return [name, { seen, history: history.toData(ROW_LENGTH) }] as const;
      });
      return { view: 'list', rows: new Map(rows) };
    }
    case 'extension': {
      const numbers = watch.numbersOf(wanted.name);
      const lists = (watch.textsOf(wanted.name) ?? new ExtensionTexts()).lists;
      if (!numbers) return { view: 'extension', numbers, lists };
      const { seen, history, handlers, most } = numbers;
      return { view: 'extension', numbers: { seen, history: history.toData(), handlers, most }, lists };
    }
    default:
      return wanted satisfies never;
  }
}
