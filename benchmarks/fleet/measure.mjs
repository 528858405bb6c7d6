import { median } from '../dist/stats/quantile.js';

/** A CPU-bound operation: about 10 ms. */
export const SPIN = 'function handler() { let sum = 0; for (let i = 0; i < 300_000; i++) sum += i; return sum; }';

/** Measures subjects in rounds, one after the other. The first round warms up. */
export async function compare(subjects, rounds, run) {
  const found = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const measured = await run(subject);
      if (round > 0) (found[name] ??= []).push(measured);
    }
  }
  return found;
}

/** The median of one key of the measurements, by subject. */
export function mediansOf(found, key) {
  return Object.fromEntries(
    Object.entries(found).map(([name, rounds]) => [name, median(rounds.map((round) => round[key]))]),
  );
}

/** Calls a second with so many in flight, and the median time of one. */
export async function measure(call, inFlight, roundMs) {
  const took = [];
  const startedMs = performance.now();
  const endsMs = startedMs + roundMs;
  const caller = async () => {
    for (let nowMs = performance.now(); nowMs < endsMs;) {
      await call();
      took.push(-nowMs + (nowMs = performance.now()));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { rate: (took.length / (performance.now() - startedMs)) * 1_000, p50Us: median(took) * 1_000 };
}

/** Calls a second of so many calls, with so many in flight. */
export async function rateOf(call, { calls, inFlight }) {
  let left = calls;
  const caller = async () => {
    while (left-- > 0) await call();
  };
  const tookMs = await clock(() => Promise.all(Array.from({ length: inFlight }, caller)));
  return (calls / tookMs) * 1_000;
}

/** Milliseconds that something takes. */
export async function clock(run) {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}
