import type { Settled } from '../../../pool/stats/stats.js';

const INTEGER = new Intl.NumberFormat('en');
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** From a million on in short: `1.2M`. */
export function formatCount(value: number): string {
  return (value < 1e6 ? INTEGER : COMPACT).format(value);
}

/** Calls a second: of few, with a digit. */
export function formatRate(value: number): string {
  return value < 10 ? value.toFixed(1) : formatCount(Math.round(value));
}

/** @param value milliseconds; 0 is none measured. */
export function formatMs(value: number): string {
  if (value === 0) return '–';
  if (value < 10) return `${value.toFixed(2)} ms`;
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

export function formatBytes(value: number): string {
  if (value < 1024 ** 2) return `${Math.round(value / 1024)} KiB`;
  return value < 1024 ** 3 ? `${Math.round(value / 1024 ** 2)} MiB` : `${(value / 1024 ** 3).toFixed(1)} GiB`;
}

/** Time of day, of the reader's zone. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toTimeString().slice(0, 8);
}

/** Under a minute in seconds, else `1 d 2 h 3 min` without what is 0. */
export function formatDuration(durationMs: number): string {
  const minutes = Math.floor(durationMs / 60_000);
  if (minutes < 1) return `${Math.floor(durationMs / 1000)} s`;
  const parts: [number, string][] = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ];
  return parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

/** All that have settled. */
export function sumOf(settled: Settled): number {
  return Object.values(settled).reduce((all, one) => all + one, 0);
}

/** All that have settled and not well. */
export function failuresOf(settled: Settled): number {
  return sumOf(settled) - (settled.ok ?? 0);
}
