/** Share of a run that warms up: caches, compiled code, sandboxes kept for bursts. */
const WARM_UP = 0.25;
/**
 * What counts as growth, from the median of the first half of what follows the warm-up to that of
 * its second half.
 */
const MAX_GROWTH = { 'rss MiB': { share: 0.05, least: 8 }, 'heap MiB': { share: 0.1, least: 4 } };
/** How many more there may be: a retry or a watchdog may just be at work when a sample is taken. */
const MAX_MORE = { handles: 2, timers: 2 };

/**
 * Finds what is not flat in the samples of a soak run.
 *
 * The rule: after a quarter to warm up, the median of the last three eighths exceeds that of the
 * three eighths before by no more than 5 % or 8 MiB of resident memory, 10 % or 4 MiB of heap, 2
 * handles and 2 timers.
 *
 * @returns one sentence for each quantity that grows.
 */
export function findGrowth(samples) {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const half = Math.floor(warm.length / 2);
  const [before, after] = [warm.slice(0, half), warm.slice(-half)];
  const problems = [];
  const check = (name, allowed) => {
    const [from, to] = [median(before, name), median(after, name)];
    if (to - from > allowed(from)) problems.push(`${name} grew from ${from} to ${to}`);
  };
  for (const [name, { share, least }] of Object.entries(MAX_GROWTH)) {
    check(name, (from) => Math.max(from * share, least));
  }
  for (const [name, more] of Object.entries(MAX_MORE)) check(name, () => more);
  return problems;
}

function median(samples, name) {
  const values = samples.map((sample) => sample[name]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)];
}
