import { readdirSync } from 'node:fs';
import { constants, getPriority } from 'node:os';

import { describe, expect, test } from 'vitest';

import { describeSource, openPool, operation, run } from './open-pool.js';

/** Linux counts threads where others count processes. */
function prioritiesOfThreads(): number[] {
  return readdirSync('/proc/self/task').map((threadId) => getPriority(Number(threadId)));
}

describe('priority of threads', () => {
  test.runIf(process.platform === 'linux')(
    'guests run at a lower priority than the host, as many as there are threads',
    async () => {
      const own = getPriority();
      const before = prioritiesOfThreads().filter((priority) => priority > own).length;
      const pool = await openPool('threads');
      const extension = describeSource(operation('() => 1'));
      await pool.load(extension);
      await run(pool, extension);
      const { lanes } = pool.stats();
      const lower = prioritiesOfThreads().filter(
        (priority) => priority === Math.min(own + 5, constants.priority.PRIORITY_LOW),
      );
      expect(lower.length - before).toBe(lanes.filter(({ state }) => state === 'ready').length);
      expect(getPriority()).toBe(own);
      await pool.close(0);
    },
  );
});
