/** Seeds asked for at once: one call to the system's generator costs more than all the copying. */
const BATCH = 512;

const seeds: BigUint64Array<ArrayBuffer> = new BigUint64Array(BATCH);
let next = BATCH;

/** 64 random bits, never 0: a seed for `Math.random`. */
export function randomSeed(): bigint {
  if (next === BATCH) {
    crypto.getRandomValues(seeds);
    next = 0;
  }
  return seeds[next++]! || 1n;
}
