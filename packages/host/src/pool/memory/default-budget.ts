import { totalmem } from 'node:os';

/**
 * Share of what the process may use. The other half is for the host itself, its threads (20 MiB
 * each) and heap, for bodies and answers under way, and for what V8 has not freed yet.
 */
const SHARE = 0.5;

/** What a small extension and a call need, whatever the machine says. */
const MIN_BYTES = 64 << 20;

/** What this process may use, as Node sees it. Absent where the runtime does not say. */
export interface ProcessMemory {
  /** The limit of the container or cgroup; a huge number or 0 where there is none. */
  constrainedMemory?: () => number;
  /** What is left of that, or of the machine. */
  availableMemory?: () => number;
}

/**
 * `pool.maxMemoryBytes` unless it is given: half of the memory that the process may still use, 64
 * MiB at the least.
 */
export function defaultMaxMemoryBytes(of: ProcessMemory = process, machineBytes: number = totalmem()): number {
  const numbers = [of.constrainedMemory?.(), of.availableMemory?.()];
  const known = numbers.filter((bytes): bytes is number => bytes !== undefined && bytes > 0);
  return Math.max(Math.floor(Math.min(machineBytes, ...known) * SHARE), MIN_BYTES);
}
