import { MAX_WALL_TIME_MS } from '../options/call-options.js';
import type { CallOptions } from '../types.js';

/** How long calls may take on a platform that ends the function itself. */
export interface DeadlineOptions {
  /**
   * Limit of each call, for platforms that do not tell the time that is left. Never raises an
   * extension's own. 1 to 900_000. @default the extension's
   */
  wallTimeMs?: number | undefined;
  /**
   * Kept back of the platform's remaining time, to answer before it ends the function. 0 to
   * 900_000. @default 250
   */
  reserveMs?: number | undefined;
}

/** What a context of AWS Lambda tells, and those modelled on it. */
export interface DeadlineContext {
  getRemainingTimeInMillis?(): number;
}

const RESERVE_MS = 250;

/**
 * The limit of one call: the lower one of the option and of what the platform has left.
 *
 * Asked when the call is made, not when the event came: making the host may have taken a part of
 * it.
 */
export function toCallOptions(context: unknown, { wallTimeMs, reserveMs = RESERVE_MS }: DeadlineOptions): CallOptions {
  const remainingMs = (context as DeadlineContext | undefined | null)?.getRemainingTimeInMillis?.();
  const leftMs = remainingMs === undefined ? Infinity : Math.max(1, Math.floor(remainingMs - reserveMs));
  const limitMs = Math.min(wallTimeMs ?? Infinity, leftMs);
  return Number.isFinite(limitMs) ? { wallTimeMs: Math.min(limitMs, MAX_WALL_TIME_MS) } : {};
}
