import type { Timing } from './sample.js';

/** Runner → subject's process. */
export type RunnerMessage =
  | { type: 'open'; module: string; open: string; input: unknown; timing: Timing }
  | { type: 'sample' }
  | { type: 'close' };

/** Subject's process → runner; one answer for each message. */
export type SubjectMessage =
  | { type: 'opened' }
  | { type: 'sampled'; value: number }
  | { type: 'closed' }
  | { type: 'failed'; message: string };
