/**
 * Upper bounds of the buckets that durations are counted in, in milliseconds: from an empty call to
 * a call at its `wallTimeMs`.
 */
export const BUCKET_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
];

const BOUNDS_US: Float64Array = Float64Array.from(BUCKET_BOUNDS_MS, (ms) => ms * 1_000);

/** Durations by bucket, and their sum. */
export class Buckets {
  /** One more than there are bounds, for what is beyond them. */
  readonly #counts: Float64Array = new Float64Array(BOUNDS_US.length + 1);
  #sumUs = 0;

  record(durationUs: number): void {
    let at = 0;
    // calls are short: 2 steps
    while (at < BOUNDS_US.length && durationUs > BOUNDS_US[at]!) at += 1;
    this.#counts[at]! += 1;
    this.#sumUs += durationUs;
  }

  add(other: Buckets): void {
    other.#counts.forEach((count, at) => (this.#counts[at]! += count));
    this.#sumUs += other.#sumUs;
  }

  get sumMs(): number {
    return this.#sumUs / 1_000;
  }

  /** How many were at most each of {@link BUCKET_BOUNDS_MS}. */
  cumulative(): number[] {
    let sum = 0;
    return BUCKET_BOUNDS_MS.map((_, at) => (sum += this.#counts[at]!));
  }
}
