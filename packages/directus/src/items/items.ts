import { type Capability, type CapabilityContext, CapabilityError, defineCapability } from '@sandglass/host';
import * as z from 'zod/mini';

import type { Accountability, DirectusParts, EventContext, ItemsService } from '../directus.js';
import { depthOfCalls } from './depth.js';
import { assertData, assertQuery, type ItemsScope, keySchema, querySchema, refused, scopeSchema } from './scope.js';

/** A call without a user has the rights of the public. */
const PUBLIC: Accountability = { user: null, role: null, roles: [], admin: false, app: false, ip: null };

/** How deep hooks that write items may start each other. */
const MAX_DEPTH = 10;

/** Read when an item is wanted: a bundle learns of it late. */
type ItemsSource = Pick<DirectusParts, 'getSchema' | 'services'>;
type Context = CapabilityContext<ItemsScope>;
type Action = ItemsScope['actions'][number];

const collection = z.string().check(z.minLength(1), z.maxLength(255));
const data = z.record(z.string(), z.unknown());
const keys = z.array(keySchema);

/**
 * `items` of `sandglass:items`: the items of Directus' collections, through Directus' own service,
 * with the permissions of the user whose call it is.
 */
export function createItems(directus: ItemsSource): Capability[] {
  const define = <Args extends readonly [string, ...unknown[]]>(
    name: string,
    action: Action,
    args: z.ZodMiniType<Args>,
    use: (service: ItemsService, args: Args, check: Checks) => Promise<unknown>,
  ): Capability =>
    defineCapability<ItemsScope, Args, unknown>({
      name: `items.${name}`,
      module: 'sandglass:items',
      scopeName: 'items',
      scope: scopeSchema,
      args,
      effect: action !== 'read',
      async handler(given, context) {
        const [name] = given;
        context.audit({ target: name });
        assertAllowed(context, name, action);
        return withService(directus, name, context, (service, check) => use(service, given, check));
      },
    });
  return [
    define('readByQuery', 'read', z.tuple([collection, querySchema]), (service, [, query], check) =>
      service.readByQuery(check.query(query)),
    ),
    define('readOne', 'read', z.tuple([collection, keySchema, querySchema]), (service, [, key, query], check) =>
      service.readOne(key, check.query(query)),
    ),
    define('createOne', 'create', z.tuple([collection, data]), (service, [, item], check) =>
      service.createOne(check.data(item)),
    ),
    define('createMany', 'create', z.tuple([collection, z.array(data)]), (service, [, items], check) =>
      service.createMany(items.map((item) => check.data(item))),
    ),
    define('updateOne', 'update', z.tuple([collection, keySchema, data]), (service, [, key, changes], check) =>
      service.updateOne(key, check.data(changes)),
    ),
    define('updateMany', 'update', z.tuple([collection, keys, data]), (service, [, some, changes], check) =>
      service.updateMany(some, check.data(changes)),
    ),
    define('deleteOne', 'delete', z.tuple([collection, keySchema]), (service, [, key]) => service.deleteOne(key)),
    define('deleteMany', 'delete', z.tuple([collection, keys]), (service, [, some]) => service.deleteMany(some)),
  ];
}

/** The checks of a query and of an item. */
interface Checks {
  query(query: z.output<typeof querySchema>): object;
  data(item: object): object;
}

function assertAllowed({ scope }: Context, name: string, action: Action): void {
  if (!scope.collections.includes(name)) throw refused(`No permission to access the collection "${name}"`);
  if (!scope.actions.includes(action)) throw refused(`No permission to ${action} items`);
}

async function withService(
  { getSchema, services: { ItemsService } }: ItemsSource,
  name: string,
  { scope, call }: Context,
  use: (service: ItemsService, checks: Checks) => Promise<unknown>,
): Promise<unknown> {
  const { accountability, database, depth = 0 } = (call.context ?? {}) as EventContext & { depth?: number };
  if (depth >= MAX_DEPTH) throw refused(`Items are written by hooks of hooks, ${MAX_DEPTH} deep: no further`);
  const schema = await getSchema(database === undefined ? {} : { database });
  if (!Object.hasOwn(schema.collections, name)) throw refused(`No permission to access the collection "${name}"`);
  const service = new ItemsService(name, {
    schema,
    accountability: accountability ?? PUBLIC,
    ...(database === undefined ? {} : { knex: database }),
  });
  const checks: Checks = {
    query: (query) => assertQuery(query, scope, Object.keys(schema.collections[name]?.fields ?? {})),
    data: (item) => assertData(item, scope, { name, schema }),
  };
  try {
    return await depthOfCalls.run(depth + 1, () => use(service, checks));
  } catch (error) {
    throw toGuestError(error);
  }
}

/** Directus' own errors are meant for its clients; of any other the guest learns nothing. */
function toGuestError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'DirectusError') return error;
  const { code } = error as Error & { code?: unknown };
  const properties = typeof code === 'string' ? { properties: { directusCode: code } } : {};
  return new CapabilityError('E_GUEST', error.message, { cause: error, ...properties });
}
