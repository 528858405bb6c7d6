/** Maps values to pixels so that equal ratios take equal room. */
export interface LogScale {
  toPixel(value: number): number;
  /** Where a line is drawn and a label set. */
  ticks: number[];
}

/**
 * A logarithmic scale over whole decades around the values, which must be above 0; each power of
 * ten is a tick.
 */
export function createLogScale(values: readonly number[], from: number, to: number): LogScale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    toPixel: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

/**
 * A logarithmic scale from the least to the greatest of some values above 0; each of them is a
 * tick.
 */
export function createPointScale(values: readonly number[], from: number, to: number): LogScale {
  const ticks = [...new Set(values)].toSorted((a, b) => a - b);
  const low = Math.log10(Math.min(...ticks));
  const range = Math.log10(Math.max(...ticks)) - low;
  return {
    toPixel: (value) => from + (range > 0 ? (Math.log10(value) - low) / range : 0.5) * (to - from),
    ticks,
  };
}
