import { createHost, type PoolOptions } from '@sandglass/host';
import { Piscina } from 'piscina';

import { measureMedian, measureRate, type Call } from '../run/rate.js';
import type { Subject } from '../run/subject.js';
import { EMPTY, operationId, toOperation } from './host-extension.js';

/**
 * What is taken of a pool: its rate with so many calls in flight, or the median of one call after
 * the other.
 */
export type Measure = { inFlight: number } | 'median';

/** Calls through the public API of the host. */
export interface HostInput {
  threads: number | 'inline';
  measure: Measure;
  isolation?: 'pristine' | 'persistent';
  /** Extensions that are called in turn. @default 1 */
  extensions?: number;
  /** @default an empty handler */
  script?: string;
  argument?: unknown;
}

/** A median is of so many calls, or of those that fit into a sample. */
const CALLS = 300;
const SAMPLE_MS = 150;
const WARM_UP_MS = 500;
/** Each thread makes a sandbox for each extension first. */
const WARM_UP_PER_EXTENSION_MS = 20;

export async function openHostCalls(input: HostInput): Promise<Subject> {
  const { threads, measure, isolation = 'pristine', extensions = 1, script = EMPTY, argument = {} } = input;
  const host = await createHost({
    isolation,
    pool: toPool(threads),
    request: { allowAddresses: ['127.0.0.1'] },
  });
  for (let number = 0; number < extensions; number++) await host.load(toOperation(script, number));
  const ids = Array.from({ length: extensions }, (_, number) => operationId(number));
  let next = 0;
  const call = (): Promise<unknown> => host.operation(ids[next++ % extensions] ?? '', argument);
  for (const _ of ids) await call();
  const warmUpMs = WARM_UP_MS + (measure === 'median' ? 0 : extensions * WARM_UP_PER_EXTENSION_MS);
  return { ...(await toSubject(call, measure, warmUpMs)), close: () => host.close() };
}

/** An empty task of piscina, without a sandbox: what crossing threads costs at least. */
export interface PiscinaInput {
  threads: number;
  measure: Measure;
  /** Tasks that a thread holds. */
  tasksPerThread: number;
  /** How an idle thread waits: see piscina's documentation. @default 'sync', as piscina's */
  atomics?: 'sync' | 'async' | 'disabled';
  /** What goes in and out. @default null */
  argument?: unknown;
}

export async function openPiscina(input: PiscinaInput): Promise<Subject> {
  const { threads, measure, tasksPerThread, atomics = 'sync', argument = null } = input;
  const pool = new Piscina({
    filename: new URL('empty-task.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: tasksPerThread,
    atomics,
  });
  return { ...(await toSubject(() => pool.run(argument), measure)), close: () => pool.destroy() };
}

function toPool(threads: number | 'inline'): PoolOptions | 'inline' {
  return threads === 'inline' ? threads : { minThreads: threads, maxThreads: threads };
}

async function toSubject(call: Call, measure: Measure, warmUpMs = WARM_UP_MS): Promise<Subject> {
  const inFlight = measure === 'median' ? 1 : measure.inFlight;
  await measureRate(call, inFlight, warmUpMs);
  if (measure === 'median') return { sample: () => measureMedian(call, CALLS, SAMPLE_MS) };
  return { sample: () => measureRate(call, inFlight, SAMPLE_MS) };
}
