import type { StartJob } from './start-subjects.js';

/**
 * A process that answers once. It tells that it has, then cleans up and ends.
 *
 * Everything is imported where it is needed: what a job does not use, it does not pay for.
 */

const job = JSON.parse(process.argv[2] ?? '') as StartJob;
const close = await answer();
process.stdout.write(`${JSON.stringify({ residentBytes: process.memoryUsage.rss() })}\n`);
await close?.();

async function answer(): Promise<(() => unknown) | undefined> {
  switch (job.kind) {
    case 'nothing':
      return undefined;
    case 'module': {
      const { default: operation } = (await import(job.module)) as { default: { handler(): unknown } };
      await operation.handler();
      return undefined;
    }
    case 'host': {
      const { createHost } = await import('@sandglass/host');
      const pool = job.threads === 'inline' ? job.threads : { maxThreads: job.threads };
      const { extensions, snapshots } = job;
      const host = await createHost({ extensions, pool, ...(snapshots === undefined ? {} : { snapshots }) });
      await host.operation('bench-1');
      return () => host.close();
    }
    case 'peer': {
      const adapter = (await import(job.adapter)) as Record<string, OpenPeer | undefined>;
      const nobody = (): never => {
        throw new Error('the handler calls nothing');
      };
      const peer = await adapter[job.open]?.({ script: job.script }, { log: nobody, sleep: nobody, request: nobody });
      await peer?.call({});
      return () => process.exit(); // not every peer lets go of its threads
    }
    default:
      return job satisfies never;
  }
}

type OpenPeer = (workload: { script: string }, host: object) => Promise<{ call(argument: unknown): unknown }>;
