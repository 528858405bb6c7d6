import type {
  CallStats,
  CapabilityCount,
  ExtensionStats,
  Percentiles,
  PoolStats,
  Settled,
} from '../../pool/stats/stats.js';
import { groupByName, sums } from './add-up.js';

const SUMMED = ['accepted', 'refused', 'cpuTimeMs', 'queued', 'running', 'background'] as const;
const SUMMED_OF_POOL = [
  'restores',
  'replacements',
  'failures',
  'kills',
  'lost',
  'reruns',
  'moved',
  'ignored',
  'violations',
  'memoryBytes',
  'maxMemoryBytes',
] as const;
const COUNTED = ['settled', 'loads'] as const;
const TIMED = ['queueMs', 'runMs', 'loadMs', 'capabilityMs'] as const;

/** Merges the statistics of several pools. Their lanes are numbered anew. */
export function mergeStats(all: readonly PoolStats[]): PoolStats {
  return {
    ...mergeCalls(all),
    ...sums(all, SUMMED_OF_POOL),
    lanes: all.flatMap(({ lanes }) => lanes).map((lane, at) => Object.assign({}, lane, { id: at + 1 })),
    extensions: mergeExtensions(all.map((one) => newestOf(one.extensions))),
  };
}

/** The newest entry of each name: while a reload waits for old calls, an extension has two. */
export function newestOf(extensions: readonly ExtensionStats[]): ExtensionStats[] {
  const byName = new Map<string, ExtensionStats>();
  for (const extension of extensions) {
    const known = byName.get(extension.name);
    if (!known || known.id < extension.id) byName.set(extension.name, extension);
  }
  return [...byName.values()];
}

function mergeExtensions(all: readonly ExtensionStats[][]): ExtensionStats[] {
  const groups = groupByName(all.flat(), ({ name }) => name);
  return [...groups.values()].map((parts) => {
    const [{ id, name }] = parts;
    return Object.assign(mergeCalls(parts), { id, name }, sums(parts, ['lanes']));
  });
}

function mergeCalls(all: readonly CallStats[]): CallStats {
  const counted = Object.fromEntries(COUNTED.map((key) => [key, sumCounts(all.map((one) => one[key]))]));
  const timed = Object.fromEntries(TIMED.map((key) => [key, mergePercentiles(all.map((one) => one[key]))]));
  return {
    ...sums(all, SUMMED),
    ...(counted as Record<(typeof COUNTED)[number], Settled>),
    ...(timed as Record<(typeof TIMED)[number], Percentiles>),
    capabilityCalls: sumCapabilityCalls(all),
  };
}

function sumCounts(all: readonly Settled[]): Settled {
  const sum: Record<string, number> = {};
  for (const one of all) for (const [how, count] of Object.entries(one)) sum[how] = (sum[how] ?? 0) + count;
  return sum;
}

function sumCapabilityCalls(all: readonly CallStats[]): Record<string, CapabilityCount> {
  const sum: Record<string, CapabilityCount> = {};
  for (const { capabilityCalls } of all)
    for (const [name, { allowed, denied }] of Object.entries(capabilityCalls)) {
      const known = sum[name] ?? { allowed: 0, denied: 0 };
      sum[name] = { allowed: known.allowed + allowed, denied: known.denied + denied };
    }
  return sum;
}

/**
 * Counts, sums and buckets add up. The median is the mean of the medians, weighted by their counts.
 * Higher percentiles are the highest of any process, which is no less than the true one.
 */
function mergePercentiles(all: readonly Percentiles[]): Percentiles {
  const used = all.filter(({ count }) => count > 0);
  const count = used.reduce((sum, one) => sum + one.count, 0);
  const mean = (key: 'p50' | 'p90'): number =>
    count === 0 ? 0 : used.reduce((sum, one) => sum + one[key] * one.count, 0) / count;
  return {
    count,
    p50: mean('p50'),
    p90: mean('p90'),
    p99: Math.max(0, ...used.map(({ p99 }) => p99)),
    max: Math.max(0, ...used.map(({ max }) => max)),
    sumMs: used.reduce((sum, one) => sum + one.sumMs, 0),
    buckets: (used[0]?.buckets ?? []).map((_, at) => used.reduce((sum, { buckets }) => sum + buckets[at]!, 0)),
  };
}
