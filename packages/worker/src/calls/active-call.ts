import type { Call } from './call.js';
import type { Progress } from '../quickjs/realm.js';
import type { SandboxSource } from '../supply/sandbox-source.js';

/**
 * A call in its sandbox. A load has no source. A class, not a literal: see `LinkedList` in core.
 */
export class ActiveCall {
  readonly call: Call;
  readonly source: SandboxSource | undefined;
  /** Told once what the call's promise came to. */
  readonly onSettled: (progress: Progress) => void;
  /** What is to run once it has a sandbox again. */
  later: (() => void)[] | undefined;

  constructor(call: Call, source: SandboxSource | undefined, onSettled: (progress: Progress) => void) {
    this.call = call;
    this.source = source;
    this.onSettled = onSettled;
  }
}

/** Of calls that wait, the one with most memory of its own. */
export function largestOf(calls: Iterable<ActiveCall>): ActiveCall | undefined {
  let largest: ActiveCall | undefined;
  for (const each of calls) {
    const { seat } = each.call;
    if (seat && each.source && seat.memoryBytes > (largest?.call.sandbox.memoryBytes ?? 0)) largest = each;
  }
  return largest;
}
