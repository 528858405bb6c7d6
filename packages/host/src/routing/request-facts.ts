import type { Extension } from '../extensions/extension.js';

/**
 * What is known of a request of a service while it is served, for its answer and for the lines of
 * the log.
 */
export interface RequestFacts {
  readonly id: string;
  /** Whether the response was made with the id. @default false */
  isTold?: boolean;
  /** What answers it. Absent if no route does. */
  target?: RouteTarget;
  /** Set by who wants to know `callId`. @default false */
  wantsCallId?: boolean;
  /** Absent if no call was made, or nobody wanted to know. */
  callId?: number | undefined;
}

interface RouteTarget {
  owner: Pick<Extension, 'name' | 'registrations'>;
  handler: number;
}

/** Fields that join the lines of one request. */
export interface RequestFields {
  method: string;
  extension?: string;
  /** As it was registered, so that there are few of them. */
  route?: string;
  requestId?: string;
  /** Of the request's `traceparent`. */
  traceId?: string;
}

/** An id that is taken from a client: it stands in logs and goes back in a header. */
const SOUND_ID = /^[\w.:/+=-]{1,128}$/;
/**
 * W3C Trace Context §3.2: version (not ff), trace id, parent id, flags; later versions may go on.
 */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-|$)/;

const known = new WeakMap<Request, RequestFacts>();

/**
 * The facts of a request of a service; made when they are first asked for, with the id of its
 * `x-request-id` if that is sound.
 */
export function factsOf(request: Request): RequestFacts {
  let facts = known.get(request);
  if (!facts) known.set(request, (facts = { id: givenId(request) ?? crypto.randomUUID() }));
  return facts;
}

/** The facts of a request, if a service serves it. */
export function findFacts(request: Request): RequestFacts | undefined {
  return known.get(request);
}

/** The id that a request came with or a service gave it. */
export function requestIdOf(request: Request): string | undefined {
  return known.get(request)?.id ?? givenId(request);
}

/** @param target what answers the request. @default what the facts say */
export function describeRequest(
  request: Request,
  target: RouteTarget | undefined = findFacts(request)?.target,
): RequestFields {
  const fields: RequestFields = { method: request.method };
  if (target) {
    const { owner, handler } = target;
    fields.extension = owner.name;
    const route = owner.registrations.find((one) => one.type === 'route' && one.handler === handler);
    if (route?.type === 'route') fields.route = route.path;
  }
  const requestId = requestIdOf(request);
  if (requestId !== undefined) fields.requestId = requestId;
  const [, traceId] = TRACEPARENT.exec(request.headers.get('traceparent') ?? '') ?? [];
  if (traceId !== undefined) fields.traceId = traceId;
  return fields;
}

function givenId({ headers }: Request): string | undefined {
  const id = headers.get('x-request-id');
  return id !== null && SOUND_ID.test(id) ? id : undefined;
}
