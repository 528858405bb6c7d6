import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Bench, type Mode, openBench } from './bench.js';
import { CONTRACT, SENTENCES } from './contract.js';
import type { Row } from './row.js';
import { apiRows } from './rows/api.js';
import { backgroundRows } from './rows/background.js';
import { callRows } from './rows/calls.js';
import { manifestRows } from './rows/manifest.js';
import { moduleRows } from './rows/module.js';
import { registrationRows } from './rows/registration.js';
import { valueRows } from './rows/values.js';

/** All rows, in the order of the contract. */
const ROWS: readonly Row[] = [
  ...manifestRows,
  ...moduleRows,
  ...registrationRows,
  ...valueRows,
  ...callRows,
  ...backgroundRows,
  ...apiRows,
];

/** Runs every row through one kind of pool, in both isolations, and prints how many there are. */
export function runConformance(pool: Mode['pool']): void {
  const ran = new Map<string, number>();

  describe.each(['pristine', 'persistent'] as const)(`${pool}, %s`, (isolation) => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await openBench({ pool, isolation });
    });
    afterAll(() => bench[Symbol.asyncDispose]());

    // oxlint-disable-next-line vitest/expect-expect -- each row has its own
    test.each(ROWS.map((row) => [row.sentence, row.title, row] as const))('§%s | %s', async (sentence, _, row) => {
      await row.run(bench);
      ran.set(sentence, (ran.get(sentence) ?? 0) + 1);
    });
  });

  test('every sentence of the contract has a row', () => {
    const named = new Set(ROWS.map(({ sentence }) => sentence));
    expect(SENTENCES.filter((sentence) => !named.has(sentence))).toEqual([]);
  });

  test('no row changed what every object inherits', () => {
    expect(Reflect.ownKeys(Object.prototype).toSorted(byText)).toEqual(BUILT_IN_KEYS);
  });

  afterAll(() => console.log(report(pool, ran)));
}

const byText = (a: PropertyKey, b: PropertyKey): number => (String(a) < String(b) ? -1 : 1);
const BUILT_IN_KEYS: readonly PropertyKey[] = Reflect.ownKeys(Object.prototype).toSorted(byText);

function report(pool: string, ran: ReadonlyMap<string, number>): string {
  const lines = Object.entries(CONTRACT).map(([section, sentences]) => {
    const rows = ROWS.filter(({ sentence }) => sentence.startsWith(`${section}: `));
    const passed = [...ran]
      .filter(([sentence]) => sentence.startsWith(`${section}: `))
      .reduce((sum, [, count]) => sum + count, 0);
    return `  §${section}: ${rows.length} rows over ${Object.keys(sentences).length} sentences, ${passed} of ${2 * rows.length} runs held`;
  });
  return [`Conformance, ${pool}, pristine and persistent:`, ...lines].join('\n');
}
