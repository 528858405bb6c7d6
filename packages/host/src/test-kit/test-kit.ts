import { MockAgent } from 'undici';

import { readAuthored } from '../authoring/read-authored.js';
import { createCapabilities } from '../capabilities/registry.js';
import { buildHost, type Host } from '../host.js';
import { checkTestOptions, checkTestRequest } from '../options/test-options.js';
import { createPool } from '../pool/create-pool.js';
import type { AuditEntry, CallOptions, ExtensionInfo, ExtensionSource, LogEntry } from '../types.js';
import type { TestExtension, TestOptions, TestRequest, TestResponse } from './contract.js';
import { rewriteStack } from './rewrite-stack.js';
import { watchRequests } from './watch-requests.js';
import { VirtualTimers, withFakeSleep } from './virtual-timers.js';

/**
 * Loads an extension for a test: in this process, without workers, with a fake `sleep` and no
 * network.
 *
 * A call that never yields blocks the test: nothing watches the calling thread but the CPU limit.
 *
 * @param extension its folder, whose source is compiled as `sandglass build` does it, or `{
 *   manifest, source }`.
 * @throws {SandglassError} `E_MANIFEST`, `E_NOT_FOUND`, `E_LOAD`, or the limit that ended the load.
 * @throws {TypeError} for an option that is unknown or cannot be used.
 *
 * @example
 * ```js
 * import { loadExtension } from '@sandglass/host/testing';
 *
 * const sandbox = { enabled: true, requestedScopes: { log: {} } };
 * const path = { app: 'app.js', api: 'index.js' };
 * const manifest = {
 *   name: 'shout',
 *   version: '1.0.0',
 *   'directus:extension': { type: 'operation', path, source: path, host: '*', sandbox },
 * };
 * const source = `
 *   import { log } from 'directus:api';
 *   const handler = ({ text }) => { log(text); return text.toUpperCase(); };
 *   export default { id: 'shout', handler };
 * `;
 * const extension = await loadExtension({ manifest, source });
 * console.log(await extension.operation({ text: 'hello' })); // HELLO
 * console.log(extension.logs.join()); // hello
 * await extension.close();
 * ```
 */
export async function loadExtension(
  extension: string | ExtensionSource,
  options: TestOptions = {},
): Promise<TestExtension> {
  const { request = refuseAll(), ...hostOptions } = checkTestOptions(options);
  const logs: LogEntry[] = [];
  const audit: AuditEntry[] = [];
  const failures: Error[] = [];
  const unmatched: string[] = [];
  const timers = new VirtualTimers();
  const host = await buildHost(
    {
      ...hostOptions,
      pool: 'inline',
      request: { dispatcher: watchRequests(request, (one) => unmatched.push(one)) },
      logConsole: true,
      onLog: (entry) => logs.push(entry),
      onAudit: (entry) => entry.capability !== 'log' && audit.push(entry),
      onError: (error) => failures.push(error),
    },
    { createPool, createCapabilities: (given) => withFakeSleep(createCapabilities(given), timers) },
  );
  try {
    const folder = typeof extension === 'string' ? extension : undefined;
    // no text
    const info = await host.load(folder === undefined ? (extension as ExtensionSource) : await readAuthored(folder));
    return new LoadedExtension(host, info, { logs, audit, failures, timers, unmatched, folder });
  } catch (error) {
    await host.close(0);
    throw error;
  }
}

interface Records {
  logs: LogEntry[];
  audit: AuditEntry[];
  failures: Error[];
  timers: VirtualTimers;
  /** Requests that no interceptor answered. */
  unmatched: string[];
  folder: string | undefined;
}

class LoadedExtension implements TestExtension {
  readonly info: ExtensionInfo;
  readonly #host: Host;
  readonly #records: Records;
  /** What calls have started and nobody awaits. */
  readonly #background: Set<Promise<void>> = new Set();

  constructor(host: Host, info: ExtensionInfo, records: Records) {
    this.#host = host;
    this.info = info;
    this.#records = records;
  }

  get logs(): string[] {
    return this.#lines('info');
  }

  get console(): string[] {
    return this.#lines('debug');
  }

  get sleeps(): readonly number[] {
    return this.#records.timers.delaysMs;
  }

  get audit(): readonly AuditEntry[] {
    return this.#records.audit;
  }

  request(path: string, request: TestRequest = {}): Promise<TestResponse> {
    return this.#withOwnStack(this.request, () => this.#request(path, request));
  }

  async #request(path: string, request: TestRequest): Promise<TestResponse> {
    checkTestRequest(path, request);
    const { method = 'GET', headers = {}, body } = request;
    const url = new URL(`http://localhost/${this.info.name}${path}`);
    const json =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
    const response = await this.#host.fetch(new Request(url, { method, headers, ...json }), this.#watched());
    this.#throwFailure((error) => error);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: isJson ? JSON.parse(text) : text,
    };
  }

  filter(event: string, payload: unknown, call?: CallOptions): Promise<unknown> {
    return this.#withOwnStack(this.filter, () => this.#host.filter(event, payload, this.#watched(call)));
  }

  action(event: string, meta: object = {}, call?: CallOptions): Promise<void> {
    return this.#withOwnStack(this.action, async () => {
      await this.#host.action(event, meta, this.#watched(call));
      this.#throwFailure(({ cause }) => cause);
    });
  }

  operation(options: unknown = {}, call?: CallOptions): Promise<unknown> {
    return this.#withOwnStack(this.operation, async () => {
      const registration = this.info.registrations.find(({ type }) => type === 'operation');
      if (registration?.type !== 'operation') throw new TypeError(`"${this.info.name}" is no operation`);
      return this.#host.operation(registration.id, options, this.#watched(call));
    });
  }

  /**
   * Runs a call; what it fails with has the stack of the guest, and of the test.
   *
   * @param method that the test has called.
   */
  async #withOwnStack<T>(method: (...args: never[]) => unknown, call: () => Promise<T>): Promise<T> {
    const { folder, unmatched } = this.#records;
    const called = new Error('called');
    Error.captureStackTrace(called, method);
    const callStack = called.stack ?? '';
    unmatched.length = 0;
    try {
      return await call();
    } catch (error) {
      throw rewriteStack(error, { name: this.info.name, folder, unmatched, callStack });
    }
  }

  async settled(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  #watched(call: CallOptions = {}): CallOptions {
    const waitUntil = (end: Promise<void>): void => {
      this.#background.add(end);
      void end.then(() => this.#background.delete(end));
      call.waitUntil?.(end);
    };
    return { ...call, waitUntil };
  }

  close(): Promise<void> {
    return this.#host.close(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #lines(level: LogEntry['level']): string[] {
    return this.#records.logs.filter((entry) => entry.level === level).map(({ message }) => message);
  }

  /** Throws what the host kept from the caller, once. */
  #throwFailure(unwrap: (error: Error) => unknown): void {
    const [failure] = this.#records.failures.splice(0);
    if (failure) throw unwrap(failure);
  }
}

function refuseAll(): MockAgent {
  const agent = new MockAgent();
  agent.disableNetConnect();
  return agent;
}
