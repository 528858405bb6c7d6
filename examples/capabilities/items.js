import { CapabilityError, defineCapability } from '@sandglass/host';
import * as z from 'zod';

/**
 * A capability of this host's own: guests read collections that their manifest names.
 *
 * @param {Record<string, { id: number, title: string }[]>} database
 */
export const readItems = (database) =>
  defineCapability({
    name: 'items.read',
    module: 'acme:items',
    scope: z.object({ collections: z.array(z.string()) }),
    args: z.tuple([z.string(), z.object({ limit: z.number().int().min(1).max(100) }).optional()]),
    effect: false,
    handler([collection, { limit } = { limit: 10 }], { scope, audit }) {
      audit({ target: collection });
      if (!scope.collections.includes(collection)) {
        throw new CapabilityError('E_SCOPE', `No permission to read "${collection}"`);
      }
      return (database[collection] ?? []).slice(0, limit);
    },
  });
