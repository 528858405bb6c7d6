import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Mappings } from './mappings.js';

/**
 * Segments of each line, in the order of their columns: a column, and where it comes from unless
 * that is not known.
 */
type Line = [column: number, source?: number, line?: number, sourceColumn?: number][];

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}

function encode(lines: readonly Line[]): string {
  const last = [0, 0, 0, 0];
  return lines
    .map((line) => {
      last[0] = 0;
      return line
        .map((segment) =>
          segment
            .map((value, i) => {
              const delta = value! - last[i]!;
              last[i] = value!;
              return vlq(delta);
            })
            .join(''),
        )
        .join(',');
    })
    .join(';');
}

const number = fc.integer({ min: 0, max: 5_000 });
const segment = fc.oneof(fc.tuple(number), fc.tuple(number, fc.integer({ min: 0, max: 3 }), number, number));
const line = fc.uniqueArray(segment, { selector: ([column]) => column, maxLength: 120 });
const lines = fc.array(line, { maxLength: 30 });

describe('Mappings', () => {
  test('finds what a decoder of the whole map finds', () => {
    fc.assert(
      fc.property(
        lines,
        fc.array(fc.tuple(fc.integer({ min: 0, max: 31 }), number), { maxLength: 30 }),
        (map, positions) => {
          // tuples of one or four
          const sorted = map.map((one) => one.toSorted(([a], [b]) => a - b)) as Line[];
          const text = encode(sorted);
          const mappings = new Mappings(text);
          const whole = new TraceMap({ version: 3, sources: ['0', '1', '2', '3'], names: [], mappings: text });
          const all = [...positions, ...sorted.flatMap((one, i) => one.map(([column]) => [i, column] as const))];
          for (const [atLine, column] of all) {
            const expected = originalPositionFor(whole, { line: atLine + 1, column });
            expect(mappings.find(atLine, column)).toEqual(
              expected.source === null
                ? undefined
                : { source: Number(expected.source), line: expected.line - 1, column: expected.column },
            );
          }
        },
      ),
    );
  });

  test.each(['!!!!', 'AAAA,!', 'gggggggggggggggggg', 'AAAA;'.repeat(3), ';', ',', '\u{1f600}', 'A\u0101'])(
    'reads %j as far as it is one',
    (text) => {
      const mappings = new Mappings(text);
      for (const at of [0, 1, 2, 1e9]) expect(() => mappings.find(at, at)).not.toThrow();
    },
  );
});
