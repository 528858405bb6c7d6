import type { ExtensionStats } from '../pool/stats/stats.js';
import { newestOf } from './processes/merge-stats.js';
import type { MetricsWanted, ServiceReport } from './report.js';

/** Extensions whose counters are read in one turn of the event loop: 2 ms. */
const AT_ONCE = 100;

/** The counters of extensions, a hundred at a time. @param ask this process, or all that serve. */
export async function collectCounters(
  names: readonly string[],
  ask: (wanted: MetricsWanted) => Promise<ServiceReport>,
): Promise<ExtensionStats[]> {
  const all: ExtensionStats[] = [];
  for (let i = 0; i < names.length; i += AT_ONCE) {
    const { stats } = await ask({ view: 'counters', names: names.slice(i, i + AT_ONCE) });
    all.push(...newestOf(stats.extensions));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return all;
}
