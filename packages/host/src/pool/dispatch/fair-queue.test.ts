import { describe, expect, test } from 'vitest';

import { PoolExtension } from '../jobs/pool-extension.js';
import { Job } from '../jobs/job.js';
import { extensionWire } from '../testing/fake-lanes.js';
import { FairQueue } from './fair-queue.js';

let lastId = 0;
const job = (extension: PoolExtension): Job => {
  return new Job({ callId: (lastId += 1), extension, wallTimeMs: 1, resolve: () => {}, reject: () => {} });
};

function drain(queue: FairQueue): number[] {
  const ids: number[] = [];
  for (let next = queue.peek(); next; next = queue.peek()) {
    ids.push(next.extension.wire.id);
    queue.take(next);
  }
  return ids;
}

const extensions = (): PoolExtension[] => [1, 2, 3].map((id) => new PoolExtension(extensionWire(id)));

describe('FairQueue', () => {
  test('one that floods its queue does not delay the others beyond a round', () => {
    const [flood, second, third] = extensions() as [PoolExtension, PoolExtension, PoolExtension];
    const queue = new FairQueue();
    for (let i = 0; i < 100; i++) queue.push(job(flood));
    queue.push(job(second));
    queue.push(job(third));
    expect(drain(queue).slice(0, 4)).toEqual(expect.arrayContaining([2, 3]));
  });

  test('the extensions are served round robin, and a call that goes back stays first of its extension', () => {
    const [first, second] = extensions() as [PoolExtension, PoolExtension];
    const queue = new FairQueue();
    const jobs = [job(first), job(first), job(second), job(second)];
    for (const each of jobs) queue.push(each);
    const taken = queue.peek()!;
    queue.take(taken);
    queue.unshift(taken);
    expect(taken.extension.queue.first).toBe(taken);
    const order = drain(queue);
    expect(order).toHaveLength(4);
    expect(order.slice(0, 2).toSorted()).toEqual([1, 2]);
  });

  test('a call leaves from anywhere, and its extension with the last one', () => {
    const [first, second] = extensions() as [PoolExtension, PoolExtension];
    const queue = new FairQueue();
    const jobs = [job(first), job(second), job(first), job(first)];
    for (const each of jobs) queue.push(each);
    queue.remove(jobs[2]!);
    queue.remove(jobs[1]!);
    expect([queue.size, queue.extensions]).toEqual([2, 1]);
    expect(drain(queue)).toEqual([1, 1]);
    expect([queue.size, queue.extensions]).toEqual([0, 0]);
  });

  test('skipping an extension shows the next, and comes back to it', () => {
    const [first, second] = extensions() as [PoolExtension, PoolExtension];
    const queue = new FairQueue();
    queue.push(job(first));
    queue.push(job(second));
    const seen = [0, 1, 2].map(() => {
      const id = queue.peek()?.extension.wire.id;
      queue.skip();
      return id;
    });
    expect(seen[0]).not.toBe(seen[1]);
    expect(seen[2]).toBe(seen[0]);
  });
});
