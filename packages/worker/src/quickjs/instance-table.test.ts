import { expect, test } from 'vitest';

import { compileEngine } from './engine-module.js';
import { entries, NO_ENTRY } from './instance-table.js';
import { createInstance } from './instance.js';

const engine = await compileEngine();
const open = async () => {
  const machine = await createInstance(engine, { maxBytes: 16 << 20 });
  entries.open(machine);
  return machine;
};
/** Puts back what the table has marked: nothing, so that only the instance's own tampered marks tell which it was. */
const isTampered = ({ entry }: { entry: number }): boolean => entries.putBack(...ARGUMENTS, entry + 1) === -1;
const TABLE = 0x1_8000;
/** The marks of the table's first cards, and none else. */
const FIRST = TABLE + (TABLE >> 8);
const ARGUMENTS = [FIRST + 32, 0, 0, 0] as const;

test('each instance is entered by its own place', async () => {
  const machines = [await open(), await open(), await open()];
  machines[1]!.bytes[FIRST] = 1;
  expect(machines.map(isTampered)).toEqual([false, true, false]);
  for (const machine of machines) entries.close(machine);
});

test('a closed entry is a trap, and closing it again closes no other', async () => {
  const first = await open();
  const place = first.entry;
  entries.close(first);
  expect(first.entry).toBe(NO_ENTRY);
  expect(() => isTampered(first)).toThrow(WebAssembly.RuntimeError);
  expect(() => isTampered({ entry: place })).toThrow(WebAssembly.RuntimeError);
  const second = await open();
  expect(second.entry).toBe(place);
  entries.close(first);
  expect(isTampered(second)).toBe(false);
  entries.close(second);
});
