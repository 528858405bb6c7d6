import { emptyScopeSchema } from '@sandglass/core';
import * as z from 'zod/mini';

import type { LogEntry } from '../../types.js';
import { type Capability, defineCapability } from '../define.js';

const TYPE = 'Log message has to be of type string';

/**
 * The capability `log(message)` (docs/contract.md §6): one line at info level, verbatim. The pool
 * has counted it by then, in lines and bytes: see `pool/inbox/quotas.ts`.
 *
 * @param write gets each line. It must not throw.
 */
export function createLogCapability(write: (entry: LogEntry) => void): Capability {
  return defineCapability({
    name: 'log',
    scope: emptyScopeSchema,
    args: z.tuple([z.string({ error: TYPE })]),
    effect: true,
    maxArgumentValues: Number.POSITIVE_INFINITY, // it takes no list
    sync: [{ label: 'Log message', type: 'string' }],
    handler([message], { extension, call }) {
      write({ extension: extension.name, callId: call.id, level: 'info', message });
    },
  });
}
