import type { Unit } from '../results.js';

const SCALES: Record<Unit, readonly [factor: number, symbol: string][]> = {
  ns: [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
    [1, 'ns'],
  ],
  bytes: [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
    [1, 'B'],
  ],
  'calls/s': [
    [1e6, 'M/s'],
    [1e3, 'k/s'],
    [1, '/s'],
  ],
  instructions: [
    [1e6, 'M'],
    [1e3, 'k'],
    [1, ''],
  ],
};

/** A value with three significant digits and a fitting unit: `1.53 ms`. */
export function formatValue(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '–';
  const scales = SCALES[unit];
  // never empty
  const [factor, symbol] = scales.find(([least]) => Math.abs(value) >= least) ?? (scales.at(-1) as [number, string]);
  return `${significant(value / factor)} ${symbol}`.trim();
}

/** A ratio: `0.95×`, `12.3×`, `1,240×`. */
export function formatRatio(ratio: number): string {
  return Number.isFinite(ratio) ? `${significant(ratio)}×` : '–';
}

function significant(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
