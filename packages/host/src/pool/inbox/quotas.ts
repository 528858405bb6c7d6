import type { CapabilityCallWire, Limits, SandglassError } from '@sandglass/core';

import { limitError } from '../jobs/call-errors.js';
import type { Job } from '../jobs/job.js';
import type { Run } from '../lanes/run.js';

/** Checks the bytes of a capability call's arguments. @returns the error if they are too many */
export function countArguments(job: Job, call: CapabilityCallWire): SandglassError | undefined {
  const bytes = sizeOf(call);
  return bytes > job.limits.maxResultBytes ? quota(job, 'maxResultBytes', bytes) : undefined;
}

/** Bytes of its arguments, as the engine counts them. */
export function sizeOf({ args }: CapabilityCallWire): number {
  let bytes = 0;
  for (const { byteLength } of args) bytes += byteLength;
  return bytes;
}

/** Counts a capability call that gets an answer. @returns the error if it is one too many */
export function countCall(run: Run): SandglassError | undefined {
  const { job } = run;
  run.capabilityCalls += 1;
  run.pendingCapabilityCalls += 1;
  const { maxCapabilityCalls, maxPendingCapabilityCalls } = job.limits;
  if (run.capabilityCalls > maxCapabilityCalls) return quota(job, 'maxCapabilityCalls', run.capabilityCalls);
  if (run.pendingCapabilityCalls > maxPendingCapabilityCalls)
    return quota(job, 'maxPendingCapabilityCalls', run.pendingCapabilityCalls);
  return undefined;
}

/** Counts a line of the log, in lines and bytes. @returns the error if it is one too many */
export function countLog(run: Run, call: CapabilityCallWire): SandglassError | undefined {
  const { job } = run;
  run.logLines += 1;
  run.logBytes += sizeOf(call);
  const { maxLogLines, maxLogBytes } = job.limits;
  if (run.logLines > maxLogLines) return quota(job, 'maxLogLines', run.logLines);
  if (run.logBytes > maxLogBytes) return quota(job, 'maxLogBytes', run.logBytes);
  return undefined;
}

/** The error of a call that used up one of its counts or bytes. */
export function quota(job: Job, name: keyof Limits, used: number): SandglassError {
  return limitError('E_QUOTA', job.origin, { name, value: job.limits[name], used });
}
