import type { RequestScope } from '@sandglass/core';
import * as z from 'zod/mini';

import { ByteBudget } from '../../byte-budget.js';
import { durableCallOf } from '../../fleet/durable-call.js';
import { AddressGate } from '../../gate/address-gate.js';
import type { RequestOptions } from '../../types.js';
import type { BuiltInContext } from '../built-in-context.js';
import { type Capability, defineCapability } from '../define.js';
import { ExtensionAgents } from './agents.js';
import { checkRequest } from './check.js';
import type { ConnectorOptions } from './connect.js';
import { RequestDeadlines } from './deadline.js';
import { performRequest, type RequestService } from './perform.js';
import { gateOf, scopeSchema } from './scope.js';
import { RequestSlots } from './slots.js';

type NumberName =
  | 'timeoutMs'
  | 'maxRequestBytes'
  | 'maxResponseBytes'
  | 'maxRedirects'
  | 'maxRequests'
  | 'maxHeldBytes';

type RequestRanges = Readonly<Record<NumberName, readonly [min: number, max: number, byDefault: number]>>;

/** Least and greatest value of each number of the options, and its default. */
export const REQUEST_RANGES: RequestRanges = {
  timeoutMs: [1, 600_000, 100_000],
  maxRequestBytes: [0, 2 ** 30, 8_388_608],
  maxResponseBytes: [0, 2 ** 30, 10_485_760],
  maxRedirects: [0, 100, 20],
  maxRequests: [2, 65_536, 256],
  maxHeldBytes: [0, 2 ** 40, 134_217_728],
};

/** The capability `request`, and the connections behind it. */
export interface RequestCapability {
  capability: Capability;
  /** Closes the connections of an extension when its running requests have finished. */
  releaseExtension(name: string): Promise<void>;
  close(): Promise<void>;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const argsSchema = z.tuple([
  z.string({ error: 'Request url has to be of type string' }),
  z.custom<object | undefined>((value) => value === undefined || isObject(value), {
    error: 'Request options has to be of type object',
  }),
]);

/**
 * The capability `request(url, options?)` (docs/contract.md §6).
 *
 * @param ca certificate authorities in place of the system's.
 * @throws {TypeError} an address range of the options cannot be read.
 * @throws {RangeError} a number of the options is out of its range.
 */
export function createRequestCapability(options: RequestOptions = {}, ca?: ConnectorOptions['ca']): RequestCapability {
  const { maxRequestBytes, maxRequests, maxHeldBytes, ...limits } = readNumbers(options);
  const addresses = new AddressGate(options);
  const { lookup, dispatcher } = options;
  const service: RequestService = {
    ...limits,
    addresses,
    agents: new ExtensionAgents({ gate: addresses, lookup, timeoutMs: limits.timeoutMs, ca }),
    dispatcher,
    deadlines: new RequestDeadlines(),
    slots: new RequestSlots(maxRequests),
    budget: new ByteBudget(maxHeldBytes),
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
      const request = checkRequest(rawUrl, given, gate, maxRequestBytes);
      const key = durableCallOf(context.call.context)?.nextKey();
      if (key !== undefined) request.headers['idempotency-key'] ??= key;
      return performRequest(service, request, gate, context);
    },
  });
  return {
    capability,
    async releaseExtension(name) {
      await service.agents.release(name);
      service.slots.forget(name);
      service.budget.forget(name);
    },
    close: () => service.agents.close(),
  };
}

function readNumbers(options: RequestOptions): Record<NumberName, number> {
  const numbers = Object.entries(REQUEST_RANGES).map(([key, [min, max, byDefault]]) => {
    const name = key as NumberName; // one of its keys
    const value = options[name] ?? byDefault;
    if (Number.isInteger(value) && value >= min && value <= max) return [name, value];
    throw new RangeError(`request.${name} has to be an integer from ${min} to ${max}, it is ${value}`);
  });
  return Object.fromEntries(numbers) as Record<NumberName, number>; // one for each
}
