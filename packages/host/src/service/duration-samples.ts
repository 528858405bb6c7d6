import { BUCKET_BOUNDS_MS } from '../pool/stats/buckets.js';
import type { ExtensionStats, Percentiles } from '../pool/stats/stats.js';
import type { Sample } from './prometheus.js';

/** Which durations of an extension. */
export type DurationKey = 'queueMs' | 'runMs' | 'capabilityMs';

/**
 * Durations of extensions, in seconds, as summaries or histograms. What was never measured has no
 * samples: with thousands of extensions most have made no capability call.
 */
export function* readDurations(
  extensions: readonly ExtensionStats[],
  key: DurationKey,
  summaries: boolean,
): Generator<Sample> {
  for (const { name: extension, [key]: durations } of extensions) {
    if (durations.count === 0) continue;
    yield* summaries ? toQuantiles(extension, durations) : toBuckets(extension, durations);
    yield { labels: { extension }, value: durations.sumMs / 1_000, suffix: '_sum' };
    yield { labels: { extension }, value: durations.count, suffix: '_count' };
  }
}

function toQuantiles(extension: string, { p50, p90, p99 }: Percentiles): Sample[] {
  const quantiles = [
    ['0.5', p50],
    ['0.9', p90],
    ['0.99', p99],
  ] as const;
  return quantiles.map(([quantile, ms]) => ({ labels: { extension, quantile }, value: ms / 1_000 }));
}

function* toBuckets(extension: string, { buckets, count }: Percentiles): Generator<Sample> {
  for (const [at, ms] of BUCKET_BOUNDS_MS.entries())
    yield { labels: { extension, le: String(ms / 1_000) }, value: buckets[at] ?? 0, suffix: '_bucket' };
  yield { labels: { extension, le: '+Inf' }, value: count, suffix: '_bucket' };
}
