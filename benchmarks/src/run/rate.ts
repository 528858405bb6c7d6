import { median } from '../stats/quantile.js';

/** One call of what is measured. A promise is awaited. */
export type Call = () => unknown;

/**
 * Calls per second with a number of calls in flight: as soon as one ends, the next begins.
 *
 * @param inFlight 1 or more.
 */
export async function measureRate(call: Call, inFlight: number, durationMs: number): Promise<number> {
  const start = performance.now();
  const end = start + durationMs;
  let calls = 0;
  const lane = async (): Promise<void> => {
    do {
      await call();
      calls++;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (calls * 1000) / (performance.now() - start);
}

/**
 * Median time of a call, one after the other, in nanoseconds. @param maxMs after which no further
 * call begins
 */
export async function measureMedian(call: Call, calls: number, maxMs: number): Promise<number> {
  const times: number[] = [];
  const end = performance.now() + maxMs;
  while (times.length < calls && (times.length === 0 || performance.now() < end)) {
    const start = process.hrtime.bigint();
    await call();
    times.push(Number(process.hrtime.bigint() - start));
  }
  return median(times);
}
