import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Steps of nice value below the host's thread. With two threads on two cores beside the host's own,
 * Linux let the thread that the host woke take the core from it while the other core was idle, for
 * a third of the host's time. With 3 to 7 steps, the pool does 15 to 35 % more calls; more steps
 * gain nothing, and guests would get less beside other processes.
 */
const NICE_INCREMENT = 5;

/**
 * Lowers the priority of this thread below that of the host's thread. On Linux alone threads have
 * priorities of their own; elsewhere, and where the system does not allow it, nothing changes.
 */
export function lowerThreadPriority(): void {
  // Deno would ask its user for permission
  if (process.platform !== 'linux' || 'Deno' in globalThis) return;
  try {
    // "<process>/task/<thread>"
    const threadId = Number(/\d+$/.exec(readlinkSync('/proc/thread-self'))?.[0]);
    setPriority(threadId, Math.min(getPriority(threadId) + NICE_INCREMENT, constants.priority.PRIORITY_LOW));
  } catch {
    // no such file, or not allowed
  }
}
