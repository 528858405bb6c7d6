import { expect, test } from 'vitest';

import { IdleSandboxes } from './idle-sandboxes.js';

test('the one that has waited longest goes first', () => {
  const gone: string[] = [];
  const idle = new IdleSandboxes<string>(2);
  const keeper = { drop: (sandbox: string) => gone.push(sandbox) };
  const a = idle.add('a', keeper);
  idle.add('b', keeper);
  expect(gone).toEqual([]);
  idle.delete(a);
  idle.add('a', keeper); // used again meanwhile
  idle.add('c', keeper);
  expect(gone).toEqual(['b']);
  idle.add('d', keeper);
  expect(gone).toEqual(['b', 'a']);
});
