/**
 * The candidate that was most likely meant: the one with the fewest edits, at most a third of the
 * word's length. Case and punctuation do not count.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const given = plain(word);
  if (given.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(given.length / 3));
  for (const candidate of candidates) {
    const edits = distance(given, plain(candidate));
    if (edits > fewest || (edits === fewest && best !== undefined)) continue;
    [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Longer than every name; the work grows with the square of it. */
const MAX_LENGTH = 64;

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Levenshtein's distance, with a swap of neighbours as one edit. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      // all filled above
      const edits = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (isSame ? 0 : 1));
      row.push(isSwap ? Math.min(edits, before[j - 2]! + 1) : edits);
    }
    [before, above] = [above, row];
  }
  return above[b.length]!; // it has b.length + 1 items
}
