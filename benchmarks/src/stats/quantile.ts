/**
 * A quantile by linear interpolation between the two nearest values.
 *
 * @param at 0 (least) to 1 (greatest).
 * @returns NaN for no values.
 */
export function quantile(values: readonly number[], at: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = at * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number; // inside, since `at` is within 0 to 1
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position % 1);
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
