import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { createHost, isSandglassError } from '@sandglass/host';

import { createService } from '@sandglass/host/service';
import { BOUNDED, type Case, type CaseEnd, TOKEN } from '../blocks/case.js';
import { longestBlock } from '../blocks/longest-block.js';
import { compiled } from '../run/compiled.js';
import type { Subject } from '../run/subject.js';
import { GROUPS } from './loop-blocks.js';

const IDLE_MS = 200;

/** The longest block of the event loop while nothing runs. */
export function openNothing(): Subject {
  return { sample: () => longestBlock(() => sleep(IDLE_MS)) };
}

/** The longest block of a host's event loop while it serves a case. */
export async function openCase({ group, name }: { group: string; name: string }): Promise<Subject> {
  const found = GROUPS.find((one) => one.name === group)?.cases[name];
  if (!found) throw new TypeError(`There is no case "${name}"`);
  const upstream = new Worker(new URL(compiled('blocks/upstream.js')));
  const [port] = (await once(upstream, 'message')) as [number];
  const host = await createHost({ pool: { minThreads: 1, maxThreads: 1 }, onError: () => {}, ...found.options });
  const service = createService(host, { token: TOKEN });
  const ready = await found.open({ host, service, upstream: `http://127.0.0.1:${port}/` });
  return {
    sample() {
      const run = ready();
      return longestBlock(() => settle(run, found));
    },
    async close() {
      await host.close(0);
      await upstream.terminate();
    },
  };
}

async function settle(run: () => Promise<unknown>, { ends = BOUNDED }: Case): Promise<void> {
  const ending = await run().then(
    (): CaseEnd => 'ok',
    (error: unknown): CaseEnd => {
      if (isSandglassError(error)) return error.code;
      throw error;
    },
  );
  if (!ends.includes(ending)) throw new Error(`It ended with ${ending}, and not with ${ends.join(' or ')}`);
}
