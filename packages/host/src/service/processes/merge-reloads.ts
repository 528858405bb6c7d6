import type { Reloaded } from '../reload-all.js';

/** Merges the results of a reload in several processes: what failed in one of them has failed. */
export function mergeReloads(all: readonly Reloaded[]): Reloaded {
  const failed = new Map(all.flatMap((one) => one.failed).map((failure) => [failure.name, failure]));
  const names = new Set(all.flatMap(({ reloaded }) => reloaded));
  return { reloaded: [...names].filter((name) => !failed.has(name)), failed: [...failed.values()] };
}
