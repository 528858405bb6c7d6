import { JsonData, type RequestScope } from '@sandglass/core';
import type { Dispatcher } from 'undici';

import type { ByteBudget } from '../../byte-budget.js';
import type { RequestGate } from '../../gate/request-scope.js';
import type { BuiltInContext } from '../built-in-context.js';
import type { ExtensionAgents } from './agents.js';
import { bytesOf } from './body.js';
import type { RequestDeadlines } from './deadline.js';
import { type ReceivedAnswer, networkFailure, statusFailure, toCapabilityError } from './failure.js';
import { BodyBytes } from './body-bytes.js';
import { Interruption } from './interruption.js';
import type { OutgoingRequest } from './outgoing-request.js';
import type * as Sending from './send.js';
import type { SendLimits } from './send.js';
import type { RequestSlots } from './slots.js';

/** What a request resolves to: `{ status, statusText, headers, data }`. */
export type RequestResponse = JsonData | { status: number; statusText: string; headers: object; data: string };

/** The code that sends requests and decompresses responses: loaded with the first request. */
let sending: typeof Sending | undefined;

/** Shared by all requests of a host. */
export interface RequestService extends SendLimits {
  agents: ExtensionAgents;
  /** In place of the agents. */
  dispatcher: Dispatcher | undefined;
  deadlines: RequestDeadlines;
  slots: RequestSlots;
  budget: ByteBudget<string>;
  timeoutMs: number;
}

/**
 * Runs a checked request when it is its turn, under one deadline and the end of its call, with all
 * that it holds counted.
 *
 * @throws {CapabilityError}
 */
export async function performRequest(
  service: RequestService,
  request: OutgoingRequest,
  gate: RequestGate,
  { extension, call, ending, audit }: BuiltInContext<RequestScope>,
): Promise<RequestResponse> {
  const { slots } = service;
  const { name } = extension;
  const held = new BodyBytes(service.budget, name);
  const interruption = new Interruption();
  const limitMs = Math.max(0, Math.min(service.timeoutMs, call.remainingTimeMs()));
  const inTime = service.deadlines.add(limitMs, () => interruption.interrupt(lateAnswer(request.url, limitMs)));
  const forget = ending.on(() => interruption.interrupt(networkFailure(request.url, 'its call is over')));
  try {
    held.add(bytesOf(request.body));
    if (!slots.take(name)) await waitForSlot(slots, name, interruption);
    try {
      sending ??= await import('./send.js');
      const dispatcher = service.dispatcher ?? service.agents.ready(name) ?? (await service.agents.get(name));
      const { send } = sending;
      return toResult(await send(request, { limits: service, dispatcher, gate, held, interruption, audit }));
    } finally {
      slots.release(name);
    }
  } catch (error) {
    throw toCapabilityError(request.url, error);
  } finally {
    inTime();
    forget();
    held.release();
  }
}

function waitForSlot(slots: RequestSlots, name: string, interruption: Interruption): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = slots.wait(name, resolve);
    interruption.listen((error) => {
      leave();
      reject(error);
    });
  });
}

/**
 * The guest parses the data, if it may be JSON.
 *
 * @throws {CapabilityError} for a status outside 2xx
 */
function toResult(answer: ReceivedAnswer): RequestResponse {
  const { status, statusText, headers, text, isJson } = answer;
  if (status < 200 || status > 299) throw statusFailure(answer);
  const response = { status, statusText, headers, data: text };
  return isJson ? new JsonData(response) : response;
}

function lateAnswer(url: URL, limitMs: number): Error {
  return networkFailure(url, `no answer within ${Math.round(limitMs)} ms`, undefined, 'ETIMEDOUT');
}
