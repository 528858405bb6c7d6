import { describe, expect, test } from 'vitest';

import { IdleSandboxes } from './idle-sandboxes.js';

describe('IdleSandboxes', () => {
  test('the one that has waited longest goes first', () => {
    const gone: string[] = [];
    const idle = new IdleSandboxes<string>(2);
    const keeper = { drop: (sandbox: string) => gone.push(sandbox) };
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((sandbox) => IdleSandboxes.link(sandbox, keeper));
    idle.add(a!);
    idle.add(b!);
    expect(gone).toEqual([]);
    idle.delete(a!);
    idle.add(a!); // used again meanwhile
    idle.add(c!);
    expect(gone).toEqual(['b']);
    idle.add(d!);
    expect(gone).toEqual(['b', 'a']);
  });
});
