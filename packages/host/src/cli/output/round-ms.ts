/** Milliseconds to the microsecond: what is measured has more digits than anybody reads. */
export function roundMs(durationMs: number): number {
  return Math.round(durationMs * 1_000) / 1_000;
}
