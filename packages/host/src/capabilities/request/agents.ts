import { Agent, type Dispatcher } from 'undici';

import { type ConnectorOptions, createConnector } from './connect.js';

/** Connections of one extension to one origin; further requests wait. Fits a page of calls and stays far below a default file limit. */
const MAX_CONNECTIONS = 64;

/** Origins of one extension with an open connection at the same time. */
const MAX_ORIGINS = 256;

/** One undici Agent per extension, so that no socket, TLS session or keep-alive state serves two of them. */
export class ExtensionAgents {
  readonly #options: ConnectorOptions;
  readonly #agents = new Map<string, Agent>();

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /** Extensions that hold connections. */
  get size(): number {
    return this.#agents.size;
  }

  /** The Agent of an extension, made when it is first needed. */
  get(extension: string): Dispatcher {
    const known = this.#agents.get(extension);
    if (known) return known;
    const agent = new Agent({
      connect: createConnector(this.#options), // its own: it caches TLS sessions
      connections: MAX_CONNECTIONS,
      maxOrigins: MAX_ORIGINS,
      pipelining: 1,
      headersTimeout: 0, // the request's one deadline covers headers and body
      bodyTimeout: 0,
    });
    this.#agents.set(extension, agent);
    return agent;
  }

  /** Lets an extension's running requests finish, then closes its connections. */
  async release(extension: string): Promise<void> {
    const agent = this.#agents.get(extension);
    this.#agents.delete(extension);
    await agent?.close();
  }

  /** Destroys every connection. */
  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }
}
