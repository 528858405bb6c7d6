import { type RequestScope, type SandglassError, requestScopeSchema } from '@sandglass/core';
import * as z from 'zod/mini';

import { AddressGate } from '../../gate/address-gate.js';
import { MAX_URL_LENGTH } from '../../gate/canonical-url.js';
import { type RequestGate, compileRequestScope } from '../../gate/request-scope.js';
import type { RequestOptions } from '../../types.js';
import type { BuiltInContext } from '../built-in-context.js';
import { type Capability, defineCapability } from '../define.js';
import { CapabilityError, typeError } from '../error.js';
import { ExtensionAgents } from './agents.js';
import { encodeBody } from './body.js';
import type { ConnectorOptions } from './connect.js';
import { RequestDeadlines } from './deadline.js';
import { DeniedAddressError, type RequestResponse, deniedAddress, networkFailure, statusFailure } from './failure.js';
import { readHeaders } from './headers.js';
import type { OutgoingRequest, SendOptions } from './send.js';

export const DEFAULT_TIMEOUT_MS: number = 10_000;
export const DEFAULT_MAX_REQUEST_BYTES: number = 8_388_608;
export const DEFAULT_MAX_RESPONSE_BYTES: number = 5_242_880;
export const DEFAULT_MAX_REDIRECTS: number = 5;

/** The capability `request`, and the connections behind it. */
export interface RequestCapability {
  capability: Capability;
  /** Closes the connections of an extension when its running requests have finished. */
  releaseExtension(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Compiled scopes, by the scope object that a grant holds. */
const compiled = new WeakMap<RequestScope, RequestGate>();

/** Scope of `request`. A pattern that cannot be read makes the manifest invalid. */
const scopeSchema: z.ZodMiniType<RequestScope> = requestScopeSchema.check((context) => {
  const scope = context.value;
  try {
    compiled.set(scope, compileRequestScope(scope));
  } catch (error) {
    const { message } = error as SandglassError; // it throws nothing else
    context.issues.push({ code: 'custom', input: scope, path: ['urls'], message });
  }
});

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const argsSchema = z.tuple([
  z.string({ error: 'Request url has to be of type string' }),
  z.custom<object | undefined>((value) => value === undefined || isObject(value), {
    error: 'Request options has to be of type object',
  }),
]);

/**
 * The capability `request(url, options?)` (CONTRACT §6).
 *
 * @param ca certificate authorities in place of the system's.
 * @throws {TypeError} an address range of the options cannot be read.
 * @throws {RangeError} a number of the options is out of its range.
 */
export function createRequestCapability(options: RequestOptions = {}, ca?: ConnectorOptions['ca']): RequestCapability {
  const timeoutMs = readOption('timeoutMs', options.timeoutMs, DEFAULT_TIMEOUT_MS, 1, 600_000);
  const addresses = new AddressGate(options);
  const deadlines = new RequestDeadlines();
  const agents = new ExtensionAgents({ gate: addresses, lookup: options.lookup, timeoutMs, ca });
  const maxRequestBytes = readOption('maxRequestBytes', options.maxRequestBytes, DEFAULT_MAX_REQUEST_BYTES, 0, 2 ** 30);
  const limits = {
    maxResponseBytes: readOption('maxResponseBytes', options.maxResponseBytes, DEFAULT_MAX_RESPONSE_BYTES, 0, 2 ** 30),
    maxRedirects: readOption('maxRedirects', options.maxRedirects, DEFAULT_MAX_REDIRECTS, 0, 100),
  };
  const capability = defineCapability({
    name: 'request',
    scope: scopeSchema,
    args: argsSchema,
    order: 'args-first',
    maxArgumentValues: Number.POSITIVE_INFINITY, // what it writes is counted
    async handler([rawUrl, given], context: BuiltInContext<RequestScope>) {
      context.audit({ target: rawUrl });
      const gate = gateOf(context.scope);
      const request = check(rawUrl, given, { gate, maxRequestBytes });
      const dispatcher = options.dispatcher ?? (await agents.get(context.extension.name));
      const { audit } = context;
      return withDeadline(request.url, { deadlines, timeoutMs }, context, (signal) =>
        perform(request, { dispatcher, gate, addresses, ...limits, signal, audit }),
      );
    },
  });
  return { capability, releaseExtension: (name) => agents.release(name), close: () => agents.close() };
}

function readOption(name: string, given: number | undefined, byDefault: number, min: number, max: number): number {
  const value = given ?? byDefault;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`request.${name} has to be an integer from ${min} to ${max}, it is ${value}`);
}

/** Checks a request in the order of CONTRACT §6, steps 4 to 6, and makes it ready to send. */
function check(
  rawUrl: string,
  given: object | undefined,
  { gate, maxRequestBytes }: { gate: RequestGate; maxRequestBytes: number },
): OutgoingRequest {
  const target = gate.matchUrl(rawUrl);
  if (!target.ok)
    throw new CapabilityError('E_SCOPE', `No permission to request "${shorten(rawUrl)}"`, {
      cause: new Error(target.reason),
    });
  const method = own(given, 'method', 'GET');
  const body = own(given, 'body');
  const headers = own(given, 'headers');
  if (typeof method !== 'string') throw typeError('Request method has to be of type string');
  if (body !== undefined && typeof body !== 'string' && !isObject(body))
    throw typeError('Request body has to be of type string or object');
  if (headers !== undefined && !isObject(headers)) throw typeError('Request headers has to be of type object');
  if (!gate.allowsMethod(method))
    throw new CapabilityError('E_SCOPE', `No permission to use request method "${method}"`);
  const sent = readHeaders(headers as object | undefined); // checked above
  const encoded = encodeBody(body as string | object | undefined, sent, maxRequestBytes); // as above
  return { url: target.url, method, headers: sent, body: encoded };
}

/** A URL as it was given, up to the length that is looked at. */
function shorten(rawUrl: string): string {
  return rawUrl.length > MAX_URL_LENGTH ? `${rawUrl.slice(0, MAX_URL_LENGTH)}…` : rawUrl;
}

/** What sends, and all that it needs of streams and compression, is loaded with the first request. */
async function perform(request: OutgoingRequest, options: SendOptions): Promise<RequestResponse> {
  const { send } = await import('./send.js');
  const response = await send(request, options);
  if (response.status >= 200 && response.status < 300) return response;
  throw statusFailure(response);
}

/** Runs a request under one deadline, the call's own end included, and puts failures below HTTP into plain words. */
async function withDeadline<T>(
  url: URL,
  { deadlines, timeoutMs }: { deadlines: RequestDeadlines; timeoutMs: number },
  { call, ending }: BuiltInContext,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const limitMs = Math.max(0, Math.min(timeoutMs, call.remainingTimeMs()));
  let late = false;
  const inTime = deadlines.add(limitMs, () => {
    late = true;
    controller.abort();
  });
  const forget = ending.on(() => controller.abort());
  try {
    return await run(controller.signal);
  } catch (error) {
    throw toCapabilityError(url, late ? `no answer within ${Math.round(limitMs)} ms` : undefined, error);
  } finally {
    inTime();
    forget();
  }
}

function toCapabilityError(url: URL, late: string | undefined, error: unknown): CapabilityError {
  if (error instanceof CapabilityError) return error;
  if (error instanceof DeniedAddressError) return deniedAddress(error);
  if (late !== undefined) return networkFailure(url, late, error, 'ETIMEDOUT');
  return networkFailure(url, 'network error', error);
}

function gateOf(scope: RequestScope): RequestGate {
  const known = compiled.get(scope) ?? compileRequestScope(scope);
  compiled.set(scope, known);
  return known;
}

/** Reads an option that is the object's own: nothing is ever inherited. Null is a value. */
function own(given: object | undefined, key: string, byDefault?: unknown): unknown {
  const value = given !== undefined && Object.hasOwn(given, key) ? (given as Record<string, unknown>)[key] : undefined;
  return value === undefined ? byDefault : value;
}
