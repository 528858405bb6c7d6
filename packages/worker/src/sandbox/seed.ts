/** Seeds asked for at once: one call to the system's generator costs more than all the copying. */
const BATCH = 512;

const seeds: Uint32Array<ArrayBuffer> = new Uint32Array(2 * BATCH);
let next = seeds.length;

/** Writes 64 random bits, not all 0, to a word and the one after it: a seed for `Math.random`. */
export function writeSeed(words: Uint32Array, at: number): void {
  if (next === seeds.length) {
    crypto.getRandomValues(seeds);
    next = 0;
  }
  const low = seeds[next++]!;
  const high = seeds[next++]!;
  words[at] = low;
  words[at + 1] = (low | high) === 0 ? 1 : high;
}

let hashSeed: number | undefined;

/**
 * The secret for the hashes of sandboxes that are booted in this thread. Some runtimes have no
 * randomness before the first request.
 */
export function getHashSeed(): number {
  hashSeed ??= crypto.getRandomValues(new Int32Array(1))[0]! | 1;
  return hashSeed;
}
