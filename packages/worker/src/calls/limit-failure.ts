import type { ErrorCode, ErrorWire, ExtensionWire, Limits } from '@sandglass/core';

/** The error of a call that met a limit. `used` is in the limit's unit; left out where only the limit is known. */
export function limitFailure(
  code: ErrorCode,
  { name, limits }: ExtensionWire,
  limit: keyof Limits,
  used?: number,
): ErrorWire {
  const value = limits[limit];
  const why =
    used === undefined
      ? `${limit} of ${value} is used up`
      : `${Math.ceil(used)} used or asked for, ${limit} is ${value}`;
  return {
    code,
    message: `Cannot go on running "${name}": ${why}`,
    limit: { name: limit, value, ...(used !== undefined && { used }) },
  };
}
