export function findGrowth(samples: readonly Record<string, number>[]): string[];
