import type { Capabilities } from '../capabilities/registry.js';

interface Wait {
  dueMs: number;
  end: () => void;
}

/**
 * Time that passes only when somebody waits: every wait ends at once, the shorter before the
 * longer.
 */
export class VirtualTimers {
  /** Delays waited for, in the order they were asked for. */
  readonly delaysMs: number[] = [];
  readonly #waits: Wait[] = [];
  #nowMs = 0;
  #isScheduled = false;

  /** @param delayMs negative and NaN mean 0. Infinity waits for ever. */
  wait(delayMs: number): Promise<void> {
    this.delaysMs.push(delayMs);
    return new Promise((end) => {
      this.#waits.push({ dueMs: this.#nowMs + (delayMs > 0 ? delayMs : 0), end });
      this.#schedule();
    });
  }

  /**
   * Ends one wait in each turn of the event loop, so that the code behind it may wait again before
   * a longer wait ends.
   */
  #schedule(): void {
    if (this.#isScheduled || this.#waits.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#endFirst();
      this.#schedule();
    });
  }

  #endFirst(): void {
    const first = this.#waits.reduce((a, b) => (a.dueMs <= b.dueMs ? a : b));
    this.#waits.splice(this.#waits.indexOf(first), 1);
    if (first.dueMs === Infinity) return;
    this.#nowMs = first.dueMs;
    first.end();
  }
}

/**
 * Capabilities whose `sleep` passes the same gate and checks, and then waits for virtual time only.
 */
export function withFakeSleep(capabilities: Capabilities, timers: VirtualTimers): Capabilities {
  return {
    ...capabilities,
    async invoke(grant, name, args, context) {
      const [delayMs] = args;
      if (name !== 'sleep' || typeof delayMs !== 'number') return capabilities.invoke(grant, name, args, context);
      await capabilities.invoke(grant, name, [0], context);
      await timers.wait(delayMs);
    },
  };
}
