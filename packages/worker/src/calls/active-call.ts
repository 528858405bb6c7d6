import type { Call } from './call.js';
import type { Progress } from '../quickjs/realm.js';
import type { SandboxSource } from '../supply/sandbox-source.js';

/**
 * A call that has been entered and has not ended. A load has no source. A class, not a literal: see
 * `LinkedList` in core.
 */
export class ActiveCall {
  readonly call: Call;
  readonly source: SandboxSource | undefined;
  /**
   * Of a load: called once, with the state of its promise when that is no longer pending. The
   * call runner finishes a call, without a closure for each.
   */
  readonly onSettled: ((progress: Progress) => void) | undefined;
  /** What waits for a sandbox of this call, while one is being made. */
  later: (() => void)[] | undefined;

  constructor(call: Call, source: SandboxSource | undefined, onSettled?: (progress: Progress) => void) {
    this.call = call;
    this.source = source;
    this.onSettled = onSettled;
  }

  /** Whether only its own slices can settle its promise, and somebody waits for that. */
  get isAlone(): boolean {
    return this.source !== undefined && !this.call.isAnswered && this.call.extension.isolation === 'pristine';
  }
}

/** The suspended call whose sandbox takes most memory. */
export function largestOf(calls: Iterable<ActiveCall>): ActiveCall | undefined {
  let largest: ActiveCall | undefined;
  for (const each of calls) {
    const { seat } = each.call;
    if (seat && each.source && seat.memoryBytes > (largest?.call.sandbox.memoryBytes ?? 0)) largest = each;
  }
  return largest;
}
