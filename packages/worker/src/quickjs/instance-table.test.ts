import { describe, expect, test } from 'vitest';

import { compileEngine } from './engine-module.js';
import { instanceTable, NO_ENTRY } from './instance-table.js';
import { createInstance } from './instance.js';

const engine = await compileEngine();
const open = async () => {
  const instance = await createInstance(engine, { maxBytes: 16 << 20 });
  instanceTable.open(instance);
  return instance;
};
/**
 * Restores what the table has marked: nothing, so that only the instance's own tampered marks tell
 * which it was.
 */
const isTampered = ({ entry }: { entry: number }): boolean =>
  instanceTable.restoreCards(...ARGUMENTS, entry + 1) === -1;
const TABLE = 0x1_8000;
/** The marks of the table's first cards, and none else. */
const FIRST = TABLE + (TABLE >> 8);
const ARGUMENTS = [FIRST + 32, 0, 0, 0] as const;

describe('instanceTable', () => {
  test('each instance is entered by its own index', async () => {
    const instances = [await open(), await open(), await open()];
    instances[1]!.bytes[FIRST] = 1;
    expect(instances.map(isTampered)).toEqual([false, true, false]);
    for (const instance of instances) instanceTable.close(instance);
  });

  test('a closed entry is a trap, and closing it again closes no other', async () => {
    const owner = await open();
    const first = await open();
    const index = first.entry;
    instanceTable.close(first);
    expect(first.entry).toBe(NO_ENTRY);
    expect(() => isTampered(first)).toThrow(WebAssembly.RuntimeError);
    expect(() => isTampered({ entry: index })).toThrow(WebAssembly.RuntimeError);
    const second = await open();
    expect(second.entry).toBe(index);
    instanceTable.close(first);
    expect(isTampered(second)).toBe(false);
    for (const instance of [owner, second]) instanceTable.close(instance);
  });

  test('once the owner of the table is closed, nothing of it is kept, and the others are still entered', async () => {
    const [owner, second, third] = [await open(), await open(), await open()];
    third.bytes[FIRST] = 1;
    const { table } = owner.functions;
    const { length } = table;
    instanceTable.close(owner);
    expect(instanceTable.runHandler).toBe(second.functions.enterHandler);
    expect([second, third].map(isTampered)).toEqual([false, true]);
    expect(table.get(length - 1)).toBeNull();
    instanceTable.open(owner); // its sandbox is another one
    expect([owner, second, third].map(isTampered)).toEqual([false, false, true]);
    instanceTable.close(second);
    expect([owner, third].map(isTampered)).toEqual([false, true]);
    expect(table.length).toBe(length);
    for (const instance of [owner, third]) instanceTable.close(instance);
    expect(() => isTampered(owner)).toThrow('none is open');
  });
});
