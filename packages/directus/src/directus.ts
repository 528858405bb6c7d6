/** The parts of Directus that are used here, in the shape in which Directus 11 and 12 have them. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** A sandboxed API extension, as the extension manager hands it on. */
export interface SandboxedExtension {
  name: string;
  type: string;
  /** Folder. */
  path: string;
}

/** The user on whose behalf something happens, with his rights; or the public. */
export interface Accountability {
  user: string | null;
  role: string | null;
  roles: string[];
  admin: boolean;
  app: boolean;
  ip: string | null;
  [key: string]: unknown;
}

/** On whose behalf and within which transaction something happens. */
export interface EventContext {
  accountability?: Accountability | null;
  database?: unknown;
}

export interface ApiRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: unknown;
  accountability?: Accountability | null;
}

export interface ApiResponse extends ServerResponse {
  status(status: number): this;
  send(body?: Buffer): this;
}

export type Handler = (request: ApiRequest, response: ApiResponse, next: (error?: unknown) => void) => void;

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The method of a router for that of a route. */
export function toMethod(method: string): Method {
  return method.toLowerCase() as Method; // a sandbox has these five
}

/** A router of Express. */
export interface Router extends Record<Method, (path: string, handler: Handler) => void> {
  (...args: Parameters<Handler>): void;
  use(path: string, handler: Handler): void;
  stack: { handle: unknown }[];
}

export type FilterHandler = (payload: unknown, meta: unknown, context: EventContext) => Promise<unknown>;
export type ActionHandler = (meta: object, context: EventContext) => Promise<void>;

export interface Emitter {
  onFilter(event: string, handler: FilterHandler): void;
  offFilter(event: string, handler: FilterHandler): void;
  onAction(event: string, handler: ActionHandler): void;
  offAction(event: string, handler: ActionHandler): void;
}

export interface FlowManager {
  addOperation(id: string, handler: (options: unknown, context: EventContext) => Promise<unknown>): void;
  removeOperation(id: string): void;
}

type Level = 'debug' | 'info' | 'warn' | 'error' | 'trace';
/** A logger of pino. */
export type Logger = Record<Level, (first: unknown, message?: string) => void>;

/** Its values are typed: numbers, booleans and lists. */
export type Env = Readonly<Record<string, unknown>>;

export type GetSchema = (options?: { database?: unknown }) => Promise<Schema>;

export interface Schema {
  collections: Readonly<Record<string, { fields: Readonly<Record<string, unknown>> }>>;
  relations: readonly {
    collection: string;
    field: string;
    related_collection: string | null;
    meta?: { one_field?: string | null } | null;
  }[];
}

export type Key = string | number;

/** The service behind every collection. */
export interface ItemsService {
  readByQuery(query: object): Promise<object[]>;
  readOne(key: Key, query?: object): Promise<object>;
  createOne(data: object): Promise<Key>;
  createMany(data: object[]): Promise<Key[]>;
  updateOne(key: Key, data: object): Promise<Key>;
  updateMany(keys: Key[], data: object): Promise<Key[]>;
  deleteOne(key: Key): Promise<Key>;
  deleteMany(keys: Key[]): Promise<Key[]>;
}

export type ItemsServiceClass = new (
  collection: string,
  options: { schema: Schema; accountability: Accountability; knex?: unknown },
) => ItemsService;

/** Directus' extension manager, of which one private method is replaced. */
export interface ExtensionManager {
  endpointRouter: Router;
  unregisterFunctionMap: Map<string, () => Promise<void>>;
}

export interface ExtensionManagerClass {
  prototype: ExtensionManager & {
    registerSandboxedApiExtension(this: ExtensionManager, extension: SandboxedExtension): Promise<void>;
  };
}

/** What a host in a Directus uses of it. */
export interface DirectusParts {
  env: Env;
  logger: Logger;
  getSchema: GetSchema;
  services: { ItemsService: ItemsServiceClass };
}

/** Namespaces of Directus' modules. Read when they are used: some are loaded in circles. */
export interface DirectusModules {
  manager: { ExtensionManager: ExtensionManagerClass };
  emitter: { default: Emitter };
  flows: { getFlowManager(): FlowManager };
  logger: { useLogger(): Logger };
  schema: { getSchema: GetSchema };
  services: { ItemsService: ItemsServiceClass };
  env: { useEnv(): Env };
  express: { Router(): Router };
  /** The package.json of `@directus/api`. */
  api: { version: string };
  directus: { version: string };
}
