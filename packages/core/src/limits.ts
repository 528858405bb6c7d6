import * as z from 'zod/mini';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What one call of an extension may use. Each limit is hard; passing it ends that call alone. */
export interface Limits {
  /**
   * Time inside the sandbox for one call, summed over all its slices, awaits not counted. 1 to
   * 60_000. @default 5_000, five times Directus' `EXTENSIONS_SANDBOX_TIMEOUT`: an interpreter
   * computes longer than V8
   */
  cpuTimeMs: number;
  /**
   * Time from acceptance to result, awaits and queueing counted. 1 to 900_000. @default 120_000:
   * image models take a minute to answer
   */
  wallTimeMs: number;
  /**
   * Time to compile, evaluate and register the extension, top-level awaits counted. 1 to 60_000.
   * @default 10_000
   */
  loadTimeMs: number;
  /**
   * Heap of the sandbox: everything the engine allocates, its own built-ins (about 130 KiB)
   * included; the C stack and static data are not. Rounded up to 64 KiB. 1 MiB to 1 GiB. @default
   * 33_554_432 (32 MiB)
   */
  memoryLimitBytes: number;
  /**
   * C stack for guest recursion. 16 KiB to 256 KiB: above it, V8's own stack ends first. @default
   * 262_144
   */
  stackBytes: number;
  /** Capability calls of one call that may wait at once. 0 to 100_000. @default 4_096 */
  maxPendingCapabilityCalls: number;
  /** Capability calls of one call in all, log lines not counted. 0 to 1_000_000. @default 10_000 */
  maxCapabilityCalls: number;
  /** Log lines of one call. 0 to 1_000_000. @default 10_000 */
  maxLogLines: number;
  /**
   * Bytes of all log lines of one call, encoded: a line takes one byte a character if all of it is
   * Latin-1, else two. 0 to 1 GiB. @default 1_048_576
   */
  maxLogBytes: number;
  /**
   * Bytes of the encoded argument of a call, and of the result of one capability call. 0 to 1 GiB.
   * @default 16_777_216
   */
  maxArgumentBytes: number;
  /**
   * Bytes of the encoded result of a call, and of the arguments of one capability call. 0 to 1 GiB.
   * @default 16_777_216
   */
  maxResultBytes: number;
  /**
   * Calls of one extension that are under way at once; more wait in the queue. 1 to 1_000_000.
   * @default 1_000_000, and never more than half of the pool's memory holds at 64 KiB each
   */
  maxConcurrentCalls: number;
}

/** Least and greatest value of each limit, and its default. */
const RANGES: Readonly<Record<keyof Limits, readonly [min: number, max: number, byDefault: number]>> = {
  cpuTimeMs: [1, 60_000, 5_000],
  wallTimeMs: [1, 900_000, 120_000],
  loadTimeMs: [1, 60_000, 10_000],
  memoryLimitBytes: [MIB, 1024 * MIB, 32 * MIB],
  stackBytes: [16 * KIB, 256 * KIB, 256 * KIB],
  maxPendingCapabilityCalls: [0, 100_000, 4_096],
  maxCapabilityCalls: [0, 1_000_000, 10_000],
  maxLogLines: [0, 1_000_000, 10_000],
  maxLogBytes: [0, 1024 * MIB, MIB],
  maxArgumentBytes: [0, 1024 * MIB, 16 * MIB],
  maxResultBytes: [0, 1024 * MIB, 16 * MIB],
  maxConcurrentCalls: [1, 1_000_000, 1_000_000],
};

/** Makes a value of each range, under the limit's name. */
function mapRanges<T>(
  make: (range: readonly [min: number, max: number, byDefault: number]) => T,
): Record<keyof Limits, T> {
  const entries = Object.entries(RANGES).map(([name, range]) => [name, make(range)] as const);
  return Object.fromEntries(entries) as Record<keyof Limits, T>;
}

/** Limits as a caller gives them: one that is undefined is the default. */
export type LimitsInput = { [Name in keyof Limits]?: Limits[Name] | undefined };

/** Parses limits: unknown keys are an error, missing ones take their default. */
export const limitsSchema: z.ZodMiniType<Limits, LimitsInput | undefined> = z.prefault(
  z.strictObject(
    mapRanges(([min, max, byDefault]) => z._default(z.int().check(z.minimum(min), z.maximum(max)), byDefault)),
  ),
  {},
);

export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze(mapRanges(([, , byDefault]) => byDefault));

/**
 * Combines the host's limits with an extension's own: for each limit the lower one wins.
 *
 * @param own limits of the extension; missing ones are the host's.
 */
export function lowerLimits(host: Limits, own: LimitsInput = {}): Limits {
  const result = { ...host };
  for (const [name, value] of Object.entries(own) as [keyof Limits, number | undefined][]) {
    if (value !== undefined) result[name] = Math.min(result[name], value);
  }
  return result;
}

const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ['Ms', ' ms'],
  ['Bytes', ' bytes'],
];

/**
 * What a limit that was passed has to say: what was used, the limit, and how to raise it.
 *
 * @param used in the limit's unit.
 */
export function describeLimit(name: keyof Limits | 'maxMemoryBytes', value: number, used?: number): string {
  const unit = UNITS.find(([suffix]) => name.endsWith(suffix))?.[1] ?? '';
  const group = name === 'maxMemoryBytes' ? 'pool' : 'limits';
  const spent = used === undefined ? 'it is used up' : `${Math.ceil(used)}${unit} used or asked for`;
  return `${name} is ${value}${unit}, ${spent}; to raise it, set ${group}.${name} or ${toFlag(name)}`;
}

/** The flag of the command line. */
function toFlag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
