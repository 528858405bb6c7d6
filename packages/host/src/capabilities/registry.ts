import {
  type CapabilityWire,
  check,
  explain,
  formatProblem,
  SandglassError,
  type Scopes,
  type ScopeSchemas,
  isSandglassError,
} from '@sandglass/core';

import type { CallEnd } from '../time/call-end.js';
import type { AuditEntry, LogEntry, RequestOptions } from '../types.js';
import { parseArgs } from './arguments.js';
import { AuditRecord, guardSink } from './audit.js';
import type { BuiltInContext } from './built-in-context.js';
import type { Capability, CapabilityContext } from './define.js';
import { CapabilityError, type CapabilityErrorCode, noPermission } from './error.js';
import { LogSink } from './log/log-sink.js';
import { createLogCapability } from './log/log.js';
import { createRequestCapability } from './request/request.js';
import { createSleepCapability } from './sleep/sleep.js';
import { TimerQueue } from './sleep/timer-queue.js';

/** Name under which the guest's console output arrives. It needs no scope and is not audited. */
export const CONSOLE = 'console';

/** A global, so it has no module. Without it, the guest's console is silent. */
const CONSOLE_WIRE: CapabilityWire = {
  name: CONSOLE,
  module: '',
  granted: true,
  parameters: 1,
  sync: [{ label: 'Console message', type: 'string' }],
};

export interface CapabilitiesOptions {
  /** Capabilities beside `log`, `sleep` and `request`. */
  custom?: readonly Capability[] | undefined;
  request?: RequestOptions | undefined;
  onLog?: ((entry: LogEntry) => void) | undefined;
  onAudit?: ((entry: AuditEntry) => void) | undefined;
  /** Gets the errors of handlers that were not made for guests: faults of the host's own. */
  onFailure?: ((message: string, cause: unknown, of: { extension: string; callId: number }) => void) | undefined;
  /** Whether what guests write to their console reaches `onLog`. @default false */
  logConsole?: boolean | undefined;
}

/** The scopes that one loaded extension may use, parsed. Made by {@link Capabilities.prepare}. */
export interface Grant {
  readonly extension: { readonly name: string; readonly version: string };
  readonly scopes: Scopes;
}

/** The call that a capability call belongs to, and its end. */
export type InvokeContext = Pick<BuiltInContext, 'call' | 'ending'> & { requestId?: string | undefined };

/** Every capability of a host, behind the one gate that all of them share. */
export interface Capabilities {
  /** Writes a line of the host's own into an extension's log. */
  log(entry: LogEntry): void;
  /** Schema of each scope that a manifest may ask for. */
  readonly scopeSchemas: ScopeSchemas;
  /**
   * Parses and compiles the scopes that an extension is granted. Unknown ones are dropped.
   *
   * @throws {SandglassError} `E_MANIFEST`: a scope is invalid, for example by one of its URL
   *   patterns.
   */
  prepare(extension: { name: string; version: string }, granted: Scopes): Grant;
  /** The capabilities as a sandbox sees them. */
  wires(grant: Grant): CapabilityWire[];
  /**
   * Whether a second run of this capability would do something a second time. An unknown one does
   * nothing.
   */
  isEffect(name: string): boolean;
  /**
   * Serves one capability call: gate, arguments, handler, one audit entry.
   *
   * @param args decoded. A function or symbol arrives as one.
   * @throws {CapabilityError} always this class.
   */
  invoke(grant: Grant, name: string, args: readonly unknown[], context: InvokeContext): Promise<unknown>;
  /** Closes what an extension holds, when its running requests have finished. */
  releaseExtension(name: string): Promise<void>;
  /** Destroys every connection and forgets every timer. */
  close(): Promise<void>;
}

/**
 * Builds the capabilities of a host.
 *
 * @throws {TypeError} two capabilities share a name, or an address range of `request` cannot be
 *   read.
 */
export function createCapabilities(options: CapabilitiesOptions = {}): Capabilities {
  const timers = new TimerQueue();
  const request = createRequestCapability(options.request);
  const { write: writeLog } = new LogSink(options.onLog);
  const writeAudit = guardSink(options.onAudit);
  const builtIn = [createLogCapability(writeLog), createSleepCapability(timers), request.capability];
  const { byName, schemas } = index([...builtIn, ...(options.custom ?? [])]);

  return {
    log: writeLog,
    scopeSchemas: Object.fromEntries(schemas),
    prepare: (extension, granted) => prepare(schemas, extension, granted),
    wires: (grant) =>
      [...byName.values()]
        .map((capability) => toWire(capability, grant))
        .concat(options.logConsole ? [CONSOLE_WIRE] : []),
    isEffect: (name) => byName.get(name)?.effect ?? false,
    async invoke(grant, name, args, context) {
      if (name === CONSOLE) return writeConsole(writeLog, grant, args, context);
      const { extension } = grant;
      const audit = new AuditRecord(
        { extension: extension.name, callId: context.call.id, capability: name, requestId: context.requestId },
        writeAudit,
      );
      try {
        const capability = byName.get(name);
        if (!capability) throw noPermission(name);
        const admitted = admit(capability, grant, args);
        const value = await capability.handler(admitted, new Context(context, grant, capability, audit));
        audit.finish();
        return value;
      } catch (error) {
        const failure = toCapabilityError(name, error);
        audit.finish(failure);
        if (failure !== error && !isGuests(error) && !context.ending.isOver)
          options.onFailure?.(failure.message, error, { extension: extension.name, callId: context.call.id });
        throw failure;
      }
    },
    releaseExtension: (name) => request.releaseExtension(name),
    async close() {
      timers.close();
      await request.close();
    },
  };
}

/** Capabilities by their names, and the schema of each scope, which several may share. */
function index(capabilities: readonly Capability[]): {
  byName: ReadonlyMap<string, Capability>;
  schemas: ReadonlyMap<string, Capability['scope']>;
} {
  const byName = new Map<string, Capability>();
  const schemas = new Map<string, Capability['scope']>();
  for (const capability of capabilities) {
    const { name, scopeName, scope } = capability;
    if (byName.has(name)) throw new TypeError(`Two capabilities have the name "${name}"`);
    if ((schemas.get(scopeName) ?? scope) !== scope)
      throw new TypeError(`Two capabilities have the scope "${scopeName}", with schemas that differ`);
    schemas.set(scopeName, scope);
    byName.set(name, capability);
  }
  for (const name of byName.keys()) {
    const [object, member] = name.split('.');
    if (member !== undefined && byName.has(object!))
      throw new TypeError(`The capability "${name}" would be a member of another one, "${object}"`);
  }
  return { byName, schemas };
}

function prepare(
  schemas: ReadonlyMap<string, Capability['scope']>,
  { name, version }: Grant['extension'],
  granted: Scopes,
): Grant {
  const scopes: [string, unknown][] = [];
  for (const [scopeName, scope] of schemas) {
    if (!Object.hasOwn(granted, scopeName)) continue;
    const parsed = check(scope, granted[scopeName]);
    if (!parsed.success) {
      const [problem] = explain(parsed.error, scope, granted[scopeName]);
      const path = [scopeName, ...(problem?.path ?? [])];
      const reason = formatProblem({ path, text: problem?.text ?? ' is invalid' }, scopeName);
      throw new SandglassError('E_MANIFEST', `Invalid scope of "${name}": ${reason}`, { extension: name });
    }
    scopes.push([scopeName, parsed.data]);
  }
  return Object.freeze({
    extension: Object.freeze({ name, version }),
    scopes: Object.freeze(Object.fromEntries(scopes)),
  });
}

function toWire({ name, module, scopeName, parameters, sync }: Capability, grant: Grant): CapabilityWire {
  const wire = { name, module, granted: Object.hasOwn(grant.scopes, scopeName), parameters };
  return sync ? { ...wire, sync: [...sync] } : wire;
}

/** The gate that every capability call passes. @returns the arguments, parsed */
function admit(capability: Capability, grant: Grant, given: readonly unknown[]): ReturnType<typeof parseArgs> {
  if (capability.order === 'scope-first') assertGranted(grant, capability);
  const args = parseArgs(capability, given);
  assertGranted(grant, capability);
  return args;
}

/**
 * A class, no literal: of a literal with a getter, V8 makes a hidden class for each object, among
 * its old ones, where it keeps what the getter holds until the next major collection. With that, a
 * call that logs took a quarter longer.
 */
class Context implements BuiltInContext {
  readonly extension: CapabilityContext['extension'];
  readonly call: CapabilityContext['call'];
  readonly scope: unknown;
  readonly audit: CapabilityContext['audit'];
  readonly ending: CallEnd;

  constructor(
    { call, ending }: InvokeContext,
    { extension, scopes }: Grant,
    { scopeName }: Capability,
    { add }: AuditRecord,
  ) {
    this.extension = extension;
    this.call = call;
    this.scope = scopes[scopeName];
    this.audit = add;
    this.ending = ending;
  }

  get signal(): AbortSignal {
    return this.ending.signal;
  }
}

function assertGranted(grant: Grant, { name, scopeName }: Capability): void {
  if (!Object.hasOwn(grant.scopes, scopeName)) throw noPermission(name);
}

function writeConsole(
  write: (entry: LogEntry) => void,
  grant: Grant,
  args: readonly unknown[],
  { call }: InvokeContext,
): void {
  const [message] = args;
  if (typeof message === 'string') write({ extension: grant.extension.name, callId: call.id, level: 'debug', message });
}

const GUEST_CODES: ReadonlySet<string> = new Set<CapabilityErrorCode>(['E_SCOPE', 'E_NETWORK', 'E_GUEST', 'E_QUOTA']);

function isGuests(error: unknown): error is SandglassError {
  return isSandglassError(error) && GUEST_CODES.has(error.code);
}

/** The error for the guest: a capability's own words, or only that it failed. */
function toCapabilityError(name: string, error: unknown): CapabilityError {
  if (error instanceof CapabilityError) return error;
  // one of the set
  if (isGuests(error)) return new CapabilityError(error.code as CapabilityErrorCode, error.message, { cause: error });
  return new CapabilityError('E_GUEST', `Capability "${name}" failed`, { cause: error });
}
