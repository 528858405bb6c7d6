/** The unit of an amount. Sizes are in bytes, times in milliseconds. */
export type Unit = 'size' | 'time';

/**
 * Sizes go by 1,024, as in Directus' `MAX_PAYLOAD_SIZE`. The first of each factor is the one that
 * is written.
 */
const FACTORS: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  size: {
    gb: 2 ** 30,
    g: 2 ** 30,
    gib: 2 ** 30,
    mb: 2 ** 20,
    m: 2 ** 20,
    mib: 2 ** 20,
    kb: 1_024,
    k: 1_024,
    kib: 1_024,
    b: 1,
  },
  time: { h: 3_600_000, min: 60_000, m: 60_000, s: 1_000, ms: 1 },
};

/**
 * Reads an amount with or without its unit: `32MB`, `5s`, `250`. Undefined for a text that is none.
 */
export function parseAmount(text: string, unit: Unit): number | undefined {
  const [, number, suffix = ''] = /^(-?\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = suffix === '' ? 1 : FACTORS[unit][suffix.toLowerCase()];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** Writes an amount in the largest unit that leaves no rest. */
export function formatAmount(amount: number, unit: Unit): string {
  const [suffix, factor] = Object.entries(FACTORS[unit]).find(([, one]) => amount !== 0 && amount % one === 0) ?? [
    '',
    1,
  ];
  return `${amount / factor}${unit === 'size' && suffix !== 'b' ? suffix.toUpperCase() : suffix === 'b' ? '' : suffix}`;
}
