import { isThenable } from './is-thenable.js';
import type { Subject } from './subject.js';

/** Takes one sample. Times are nanoseconds per operation. */
export type Sampler = () => Promise<number>;

/** Nanoseconds since some start; replaced in tests. */
export type Clock = () => bigint;

const NS_PER_MS = 1e6;

/** How a subject is timed. */
export interface Timing {
  /** By {@link createWarmUpClock}. */
  warmUpMs: number;
  sampleMs: number;
  clock: 'wall' | 'cpu';
}

/**
 * The clocks by name. `cpu` counts all threads of the process, the garbage collector's included.
 */
export const CLOCKS: Record<Timing['clock'], Clock> = {
  wall: process.hrtime.bigint,
  cpu() {
    const { user, system } = process.cpuUsage();
    return BigInt(user + system) * 1000n;
  },
};

/**
 * The clock of a warm-up: the one on the wall, and for what is timed in processor time whichever is
 * behind. Alone the one would give the compilers no time on a busy machine, and the other be
 * hurried by the compilers' own threads.
 */
export function createWarmUpClock({ clock }: Pick<Timing, 'clock'>): Clock {
  if (clock === 'wall') return CLOCKS.wall;
  const [wallStart, cpuStart] = [CLOCKS.wall(), CLOCKS.cpu()];
  return () => {
    const [wall, cpu] = [CLOCKS.wall() - wallStart, ((CLOCKS.cpu() - cpuStart) * 2n) / 3n];
    return wall < cpu ? wall : cpu;
  };
}

/**
 * Warms a subject up and finds a batch that lasts at least `sampleMs`.
 *
 * A subject that samples by itself is left alone.
 *
 * @param warmUpClock see {@link createWarmUpClock}.
 */
export async function createSampler(
  subject: Subject,
  options: Omit<Timing, 'clock'>,
  clock: Clock = CLOCKS.wall,
  warmUpClock: Clock = clock,
): Promise<Sampler> {
  const { run, sample, operations = 1 } = subject;
  if (sample) return async () => sample.call(subject);
  if (!run) throw new TypeError('A subject needs `run` or `sample`');

  const end = warmUpClock() + BigInt(options.warmUpMs * NS_PER_MS);
  let runs = 1;
  let elapsedNs = await time(subject, run, runs, clock);
  while (warmUpClock() < end) {
    // Aim at a sample's length, but at most double: the first runs say little about the later ones.
    const wanted = Math.ceil((runs * options.sampleMs * NS_PER_MS) / Math.max(elapsedNs, 1));
    runs = Math.max(1, Math.min(wanted, runs * 2));
    elapsedNs = await time(subject, run, runs, clock);
  }
  const batch = Math.max(1, Math.ceil((runs * options.sampleMs * NS_PER_MS) / Math.max(elapsedNs, 1)));
  return async () => (await time(subject, run, batch, clock)) / (batch * operations);
}

async function time(subject: Subject, run: NonNullable<Subject['run']>, runs: number, clock: Clock): Promise<number> {
  const start = clock();
  for (let index = 0; index < runs; index++) {
    const result = run.call(subject);
    if (isThenable(result)) await result;
  }
  return Number(clock() - start);
}
