/** Sums of the numbers under these keys. */
export function sums<Key extends string>(
  all: readonly Record<Key, number>[],
  keys: readonly Key[],
): Record<Key, number> {
  const entries = keys.map((key) => [key, all.reduce((sum, one) => sum + one[key], 0)]);
  return Object.fromEntries(entries) as Record<Key, number>;
}

/** Groups items by name, in the order in which names first occur. */
export function groupByName<T>(all: readonly T[], nameOf: (one: T) => string): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const one of all) {
    const known = groups.get(nameOf(one));
    if (known) known.push(one);
    else groups.set(nameOf(one), [one]);
  }
  return groups;
}
