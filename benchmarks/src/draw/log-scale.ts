/** Maps values to pixels so that equal ratios take equal room. */
export interface LogScale {
  toPixel(value: number): number;
  /** Powers of ten inside the range, ends included. */
  ticks: number[];
}

/** A logarithmic scale over whole decades around the values, which must be above 0. */
export function createLogScale(values: readonly number[], from: number, to: number): LogScale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    toPixel: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}
