import { describeLimit, type ErrorCode, type ErrorWire, type ExtensionWire, type Limits } from '@sandglass/core';

/** The error of a call whose promise nothing can settle. */
export function hangFailure({ name }: ExtensionWire): ErrorWire {
  const why = 'it waits for a promise that nothing can settle, with no capability call pending';
  return { code: 'E_HANG', message: `Cannot go on running "${name}": ${why}` };
}

/**
 * The error of a call that met a limit. `used` is in the limit's unit; left out where only the
 * limit is known.
 */
export function limitFailure(
  code: ErrorCode,
  { name, limits }: ExtensionWire,
  limit: keyof Limits,
  used?: number,
): ErrorWire {
  const value = limits[limit];
  return {
    code,
    message: `Cannot go on running "${name}": ${describeLimit(limit, value, used)}`,
    limit: { name: limit, value, ...(used !== undefined && { used }) },
  };
}

/** The error of a call for which no sandbox could be made. */
export function creationFailure({ name }: ExtensionWire, error: unknown): ErrorWire {
  return { code: 'E_WORKER_LOST', message: `Cannot make a sandbox for "${name}": ${String(error)}` };
}
