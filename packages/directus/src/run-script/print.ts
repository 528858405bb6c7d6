import { type Capability, defineCapability } from '@sandglass/host';
import * as z from 'zod/mini';

import type { Logger } from '../directus.js';

const LEVELS = ['info', 'warn', 'error', 'trace', 'debug'] as const;

/** Writes a line of a script's console to the logger of the flow that runs it. */
export const print: Capability = defineCapability({
  name: 'print',
  module: 'sandglass:script',
  scope: z.object({}),
  args: z.tuple([z.enum(LEVELS), z.array(z.unknown())]),
  sync: [
    { label: 'Level', type: 'string' },
    { label: 'Values', type: 'object' },
  ],
  handler([level, values], { call }) {
    const { logger } = call.context as { logger: Logger }; // of the operation below
    // pino shows a list with its indices
    logger[level](values.length === 1 ? values[0] : values);
  },
});
