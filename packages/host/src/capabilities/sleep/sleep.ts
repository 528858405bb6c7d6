import { emptyScopeSchema } from '@sandglass/core';
import * as z from 'zod/mini';

import type { CallEnd } from '../../time/call-end.js';
import type { BuiltInContext } from '../built-in-context.js';
import { type Capability, defineCapability } from '../define.js';
import { CapabilityError } from '../error.js';
import type { TimerQueue } from './timer-queue.js';

const TYPE = 'Sleep milliseconds has to be of type number';

/** zod's number refuses NaN and the infinities; `typeof` does not. */
const anyNumber = z.custom<number>((value) => typeof value === 'number', { error: TYPE });

/** One for all: making it, with its stack, takes longer than all else here. */
const ENDED = new CapabilityError('E_GUEST', 'The call ended before the sleep');

/** The longest wait, which is that of a timeout: Directus' guests know no other. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/**
 * The capability `sleep(milliseconds)` (docs/contract.md §6). Negative, NaN and more than the
 * longest wait mean the shortest.
 */
export function createSleepCapability(timers: TimerQueue): Capability {
  return defineCapability({
    name: 'sleep',
    scope: emptyScopeSchema,
    args: z.tuple([anyNumber]),
    effect: false,
    maxArgumentValues: Number.POSITIVE_INFINITY, // it takes no list
    handler: ([milliseconds], { ending }: BuiltInContext<object>) =>
      wait(timers, milliseconds > 0 && milliseconds <= MAX_WAIT_MS ? milliseconds : 0, ending),
  });
}

function wait(timers: TimerQueue, delayMs: number, ending: CallEnd): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = timers.add(delayMs, () => {
      forget();
      resolve();
    });
    const forget = ending.on(() => {
      cancel();
      reject(ENDED);
    });
  });
}
