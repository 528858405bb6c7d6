import { expect, test } from 'vitest';

import { IdleSandboxes } from './idle-sandboxes.js';

test('the one that has waited longest goes first', () => {
  const gone: string[] = [];
  const idle = new IdleSandboxes(2);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ({
    name,
    add: () => idle.add(key(name), { drop: () => gone.push(name) }),
  }));
  a!.add();
  b!.add();
  expect(gone).toEqual([]);
  idle.delete(key('a'));
  a!.add(); // used again meanwhile
  c!.add();
  expect(gone).toEqual(['b']);
  d!.add();
  expect(gone).toEqual(['b', 'a']);
});

const keys = new Map<string, object>();

function key(name: string): object {
  const known = keys.get(name) ?? {};
  keys.set(name, known);
  return known;
}
