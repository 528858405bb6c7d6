import type { Agent, Dispatcher } from 'undici';

import type { ConnectorOptions } from './connect.js';

/** Connections of one extension to one origin; further requests wait for one of them. */
const MAX_CONNECTIONS = 32;

/** The longest that an idle connection is kept, whatever the server promises. */
const KEEP_ALIVE_MS = 30_000;

/** Origins of one extension with an open connection at the same time. */
const MAX_ORIGINS = 256;

/**
 * One undici Agent per extension, so that no socket, TLS session or keep-alive state serves two of
 * them.
 */
export class ExtensionAgents {
  readonly #options: ConnectorOptions;
  readonly #agents = new Map<string, Promise<Agent>>();
  readonly #ready = new Map<string, Agent>();

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /** Extensions that hold connections. */
  get size(): number {
    return this.#agents.size;
  }

  /** The Agent of an extension, if there is one yet. */
  ready(extension: string): Dispatcher | undefined {
    return this.#ready.get(extension);
  }

  /** The Agent of an extension, made when it is first needed. */
  get(extension: string): Promise<Dispatcher> {
    let agent = this.#agents.get(extension);
    if (!agent) this.#agents.set(extension, (agent = this.#create(extension)));
    return agent;
  }

  /** Lets an extension's running requests finish, then closes its connections. */
  async release(extension: string): Promise<void> {
    const agent = this.#agents.get(extension);
    this.#agents.delete(extension);
    this.#ready.delete(extension);
    await (await agent)?.close();
  }

  /** Destroys every connection. */
  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    this.#ready.clear();
    await Promise.all(agents.map(async (agent) => (await agent).destroy()));
  }

  async #create(extension: string): Promise<Agent> {
    const agent = await createAgent(this.#options);
    if (this.#agents.has(extension)) this.#ready.set(extension, agent);
    return agent;
  }
}

/**
 * Loads undici, which takes longer than all the rest of a cold start: a host whose guests send
 * nothing never does.
 */
async function createAgent(options: ConnectorOptions): Promise<Agent> {
  const [{ Agent }, { createConnector }] = await Promise.all([import('undici/index.js'), import('./connect.js')]);
  return new Agent({
    connect: createConnector(options), // its own: it caches TLS sessions
    connections: MAX_CONNECTIONS,
    maxOrigins: MAX_ORIGINS,
    pipelining: 1,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0, // the request's one deadline covers headers and body
    bodyTimeout: 0,
  });
}
