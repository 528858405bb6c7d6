import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { IdMap } from './id-map.js';

/** Few ids, many of which meet in a small table. */
const id = fc
  .oneof(
    fc.integer({ min: -40, max: 40 }),
    fc.integer({ min: 1, max: 9 }).map((n) => n * 64),
    fc.constantFrom(2 ** 31 - 1, -(2 ** 31)),
  )
  .filter((n) => n !== 0);

const step = fc.record({ id, does: fc.constantFrom('set', 'set', 'delete', 'get') });

describe('IdMap', () => {
  test('it holds what a Map holds', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [map, model] = [new IdMap<number>(), new Map<number, number>()];
        for (const [i, { id, does }] of steps.entries()) {
          if (does === 'set') {
            map.set(id, i);
            model.set(id, i);
          }
          const deleted = does === 'delete' && [map.delete(id), model.delete(id)];
          expect(deleted && deleted[0]).toBe(deleted && deleted[1]);
          expect([map.size, map.has(id), map.get(id)]).toEqual([model.size, model.has(id), model.get(id)]);
        }
        expect(map.values()).toEqual([...model].sort(([a], [b]) => a - b).map(([, value]) => value));
        map.clear();
        expect([map.size, map.values()]).toEqual([0, []]);
      }),
      { numRuns: 500 },
    );
  });

  test.each([0, Number.NaN, 1.5, 2 ** 40, Infinity, undefined, 'x', {}])('%s is no id, and not found', (not) => {
    const map = new IdMap<string>();
    for (let i = 1; i <= 8; i++) map.set(i, 'value');
    expect([map.get(not as number), map.has(not as number), map.delete(not as number)]).toEqual([
      undefined,
      false,
      false,
    ]);
  });
});
