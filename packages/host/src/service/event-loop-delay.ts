import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Time between two samples of the event loop. */
const RESOLUTION_MS = 10;

let histogram: IntervalHistogram | undefined;

/**
 * How late the event loop of this process was since the last call, in seconds by quantile. All
 * callers share one histogram; the first call starts it.
 */
export function readEventLoopDelay(): [quantile: string, seconds: number][] {
  if (!histogram) {
    histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
  }
  const delay = (ns: number): number => (histogram!.count === 0 ? 0 : Math.max(0, ns / 1e6 - RESOLUTION_MS) / 1_000);
  const { max } = histogram;
  const read: [string, number][] = [
    ['0.5', delay(histogram.percentile(50))],
    ['0.99', delay(histogram.percentile(99))],
    ['1', delay(max)],
  ];
  histogram.reset();
  return read;
}
