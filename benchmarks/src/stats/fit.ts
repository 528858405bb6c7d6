/** A power law `y = factor × x^exponent`. */
export interface PowerFit {
  /** 0: the cost does not depend on x. 1: proportional to it. */
  exponent: number;
  factor: number;
  /** Share of the variation that the law explains, 0 to 1. */
  r2: number;
}

/**
 * Fits a power law by least squares on the logarithms. Needs two different x, all values above 0.
 */
export function fitPower(points: readonly { x: number; y: number }[]): PowerFit | undefined {
  const usable = points.filter(({ x, y }) => x > 0 && y > 0).map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const meanX = mean(usable.map(({ x }) => x));
  const meanY = mean(usable.map(({ y }) => y));
  const varianceX = sum(usable.map(({ x }) => (x - meanX) ** 2));
  if (!(varianceX > 0)) return undefined;

  const exponent = sum(usable.map(({ x, y }) => (x - meanX) * (y - meanY))) / varianceX;
  const intercept = meanY - exponent * meanX;
  const residual = sum(usable.map(({ x, y }) => (y - intercept - exponent * x) ** 2));
  const total = sum(usable.map(({ y }) => (y - meanY) ** 2));
  return { exponent, factor: Math.exp(intercept), r2: total > 0 ? 1 - residual / total : 1 };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: number[]): number {
  return sum(values) / values.length;
}
