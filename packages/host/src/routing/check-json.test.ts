import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { checkJson } from './check-json.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const check = (text: string): boolean => checkJson(text, 1_000) === null;

describe('checkJson', () => {
  test('agrees with JSON.parse on JSON, and on JSON that was damaged', () => {
    const damage = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...'{}[]",:\\0-.eE+ \n\t\0\u2028tfnu1/'));
    fc.assert(
      fc.property(fc.json(), fc.array(damage, { maxLength: 2 }), fc.nat(2), (json, damages, indent) => {
        let text = JSON.stringify(JSON.parse(json), null, indent);
        for (const [at, length, by] of damages) {
          const index = at % (text.length + 1);
          text = text.slice(0, index) + by + text.slice(index + length);
        }
        expect([text, check(text)]).toEqual([text, isJson(text)]);
      }),
      { numRuns: 20_000, seed: 1 },
    );
  });

  test.each([
    ...[
      '',
      ' ',
      'null',
      'nulll',
      'NaN',
      '-',
      '-0',
      '01',
      '1.',
      '.5',
      '1e',
      '1e+5',
      '0x1',
      "'a'",
      '"',
      '"\\u12g4"',
      '"\\x"',
      '"\t"',
    ],
    ...[
      '[]',
      '[',
      ']',
      '[,]',
      '[1,]',
      '[1 2]',
      '{}',
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{a:1}',
      '{"a":1}}',
      '[}',
      '{]',
      '[]x',
    ],
    ...[
      ' [ 1 , { "a" : [ ] } ] ',
      '\ufeff1',
      '\u00a01',
      '"\u2028"',
      '"\ud800"',
      '\v1',
      '[true,false,null]',
      'true1',
      '{"a":1"b":2}',
    ],
  ])('%j is JSON, or not, as JSON.parse says', (text) => {
    expect(check(text)).toBe(isJson(text));
  });

  test('counts brackets that are open at once', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect([checkJson(nested(999), 999), checkJson(nested(1_000), 999)]).toEqual([null, 'depth']);
    expect(checkJson(`[${'{"a":[]},'.repeat(2_000)}0]`, 999)).toBeNull();
    expect(checkJson(nested(1_000_000), 999)).toBe('depth');
  });
});
