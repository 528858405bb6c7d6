import { availableParallelism, cpus, totalmem } from 'node:os';

import type { Results } from '../results.js';

/** What the numbers were measured on. No host name, no path. */
export function describeMachine(): Results['machine'] {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
  };
}
