import type { TextUnits } from '../quickjs/read-text.js';

/** The first and the one past the last of the characters that the tables have. */
const FIRST = 0x20;
const END = 0x7f;

/** What the order of the printable ASCII characters is, from 1; 0 for all others. */
export interface AsciiTables {
  /** Of the letters, whatever their case. */
  base: Uint8Array;
  exact: Uint8Array;
}

/** Asks a collator about each character. It has to know no sequence of them as one letter. */
export function createTables(locale: string): AsciiTables {
  const characters = Array.from({ length: END - FIRST }, (_, i) => String.fromCharCode(FIRST + i));
  const rank = (sensitivity: 'base' | 'variant'): Uint8Array => {
    const { compare } = new Intl.Collator(locale, { sensitivity });
    const table = new Uint8Array(256);
    let next = 0;
    const sorted = characters.toSorted(compare);
    for (const [i, character] of sorted.entries()) {
      if (i === 0 || compare(sorted[i - 1]!, character) !== 0) next++;
      table[character.charCodeAt(0)] = next;
    }
    return table;
  };
  return { base: rank('base'), exact: rank('variant') };
}

/**
 * Compares what a collator compares most often, where the texts lie: printable ASCII has no
 * accents, so that the case of a letter counts if all letters are the same, and nothing else.
 *
 * @returns undefined if another character has a say.
 */
export function compareAscii({ base, exact }: AsciiTables, one: TextUnits, other: TextUnits): number | undefined {
  const shorter = Math.min(one.length, other.length);
  let byCase = 0;
  for (let i = 0; i < shorter; i++) {
    const a = one[i]!;
    const b = other[i]!;
    const order = (base[a] ?? 0) - (base[b] ?? 0);
    if (!base[a] || !base[b]) return undefined;
    if (order !== 0) return isAsciiAt(base, one, i + 1) && isAsciiAt(base, other, i + 1) ? Math.sign(order) : undefined;
    byCase ||= exact[a]! - exact[b]!;
  }
  if (!isAsciiAt(base, one, shorter) || !isAsciiAt(base, other, shorter)) return undefined;
  return Math.sign(one.length - other.length || byCase);
}

/** Whether the text has ended, or goes on with a character that is no mark on the one before. */
function isAsciiAt(base: Uint8Array, units: TextUnits, index: number): boolean {
  return index >= units.length || !!base[units[index]!];
}
