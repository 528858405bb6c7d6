import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Time between two looks at the event loop. */
const RESOLUTION_MS = 10;

let histogram: IntervalHistogram | undefined;

/**
 * How much later than asked the process's event loop came round since the last time somebody read
 * this, in seconds by quantile. One histogram for the process; nothing is measured until it is
 * first read.
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
