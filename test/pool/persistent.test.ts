import { describe, expect, test } from 'vitest';

import { describeSource, openPool, operation, run } from './open-pool.js';

const GATE = 'let release; const gate = new Promise((resolve) => (release = resolve));';

describe.each(['inline', 'threads'] as const)('a persistent extension (%s)', (mode) => {
  test('one call can settle what others wait for, and each is told', async () => {
    const pool = await openPool(mode);
    const handler = `(order) => (order === 'wait' ? gate : (order === 'open' && release('opened'), order))`;
    const extension = describeSource(operation(handler, GATE), { wallTimeMs: 2_000 }, 'persistent');
    await pool.load(extension);
    expect(await run(pool, extension, 'begin')).toBe('begin'); // from now on its sandbox is there
    const pending = [1, 2, 3].map(() => run(pool, extension, 'wait'));
    expect(await run(pool, extension, 'open')).toBe('open');
    expect(await Promise.all(pending)).toEqual(['opened', 'opened', 'opened']);
    await pool.close(0);
  });
});
