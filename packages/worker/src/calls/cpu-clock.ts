interface CpuProcess {
  threadCpuUsage?: () => { user: number; system: number };
  cpuUsage?: () => { user: number; system: number };
}

const { process } = globalThis as { process?: CpuProcess };
const usage: CpuProcess['cpuUsage'] = process?.threadCpuUsage?.bind(process) ?? process?.cpuUsage?.bind(process);

/**
 * CPU time of this thread in milliseconds (before Node 23.9: of the process; elsewhere: undefined).
 *
 * Tells a guest that computes from a process that was frozen or descheduled meanwhile.
 */
export function cpuTimeMs(): number | undefined {
  if (!usage) return undefined;
  const { user, system } = usage();
  return (user + system) / 1_000;
}

/** A slice reads CPU time only after this: a read costs a microsecond. */
const MARK_AFTER_MS = 2;

/** Time spent in guest code, measured by the clock and, once it matters, corrected by CPU time. */
export class Stopwatch {
  #startedAt = 0;
  #spentMs = 0;
  /** Clock and CPU time when this slice first read both. */
  #mark: { atMs: number; cpuMs: number } | undefined;

  /** @returns the clock. */
  start(): number {
    this.#mark = undefined;
    return (this.#startedAt = performance.now());
  }

  stop(): void {
    this.#spentMs += performance.now() - this.#startedAt;
  }

  /** Milliseconds of all slices that have ended. Ask between `stop` and `start`. */
  get spentMs(): number {
    return this.#spentMs;
  }

  /** Milliseconds of all slices, the running one included. */
  runningMs(): number {
    return this.#spentMs + performance.now() - this.#startedAt;
  }

  /** Milliseconds since the last `start`, asked while running. */
  sliceMs(now: number): number {
    return now - this.#startedAt;
  }

  /**
   * Whether more than the budget is used, asked while running. Time in which the thread did not run
   * is not counted.
   */
  isOver(budgetMs: number, now: number = performance.now()): boolean {
    if (!this.#mark && now - this.#startedAt > MARK_AFTER_MS) {
      const cpuMs = cpuTimeMs();
      if (cpuMs !== undefined) this.#mark = { atMs: now, cpuMs };
    }
    const usedMs = this.#spentMs + now - this.#startedAt;
    if (usedMs <= budgetMs) return false;
    const pausedMs = this.#pausedMs(now);
    this.#startedAt += pausedMs;
    return usedMs - pausedMs > budgetMs;
  }

  #pausedMs(now: number): number {
    const mark = this.#mark;
    if (!mark) return 0;
    const cpuMs = cpuTimeMs() ?? 0;
    const paused = Math.max(0, now - mark.atMs - (cpuMs - mark.cpuMs));
    this.#mark = { atMs: now, cpuMs };
    return paused;
  }
}
