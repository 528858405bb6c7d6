import { type AwsLambdaEvent, handleLambdaEvent } from 'srvx/aws-lambda';

import { checkAdapter } from '../options/adapter-options.js';
import { type DeadlineContext, toCallOptions } from './deadline.js';
import { runToItsEnd } from './background.js';
import { createBasePath } from './base-path.js';
import { attachBody } from './create-request.js';
import { normaliseEvent, wantsHeaderLists } from './lambda-event.js';
import type { HostSource } from './contract.js';
import { toHostGetter } from './host-source.js';
import type { HttpOptions } from './contract.js';

export type { AdapterHost, HostSource } from './contract.js';
export { lazyHost } from './host-source.js';
export type { EventOptions } from './contract.js';
export { toEventHandler } from './events.js';
export type { Invocation } from './contract.js';
export type { SqsEvent, SqsOptions, SqsRecord, SqsResult } from './contract.js';
export { toSqsHandler } from './sqs.js';
export type { HttpOptions } from './contract.js';

/** What API Gateway and function URLs turn into a response. */
export interface LambdaResult {
  statusCode: number;
  headers?: Record<string, string>;
  /** In place of `headers`, for a load balancer that sends values in lists. */
  multiValueHeaders?: Record<string, string[]>;
  cookies?: string[];
  body?: string;
  isBase64Encoded?: boolean;
}

/** A handler of AWS Lambda. */
export type LambdaHandler = (event: AwsLambdaEvent, context: DeadlineContext) => Promise<LambdaResult>;

type SrvxContext = Parameters<typeof handleLambdaEvent>[2];

/**
 * Endpoints as a handler of AWS Lambda, for events of a function URL, of API Gateway (HTTP and
 * REST) and of a load balancer.
 *
 * Rejects only if the host cannot be made. A call gets no more time than the function has left. The
 * answer waits for what the call has started and nobody awaits: Lambda freezes a function once it
 * has answered.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toLambdaHandler(source: HostSource, options: HttpOptions = {}): LambdaHandler {
  checkAdapter('toLambdaHandler', 'http', source, options);
  const getHost = toHostGetter(source);
  const stripBasePath = createBasePath(options.basePath);
  return async (given, context) => {
    const host = await getHost();
    const { event, body } = takeBody(normaliseEvent(given));
    let request: Request | undefined;
    const serve = (received: Request): Promise<Response> => {
      const fetched = stripBasePath((request = attachBody(received, body)));
      return runToItsEnd((call) => host.fetch(fetched, call), toCallOptions(context, options));
    };
    try {
      // srvx only hands the context on, and its result has the shape of both versions of the format
      const result = (await handleLambdaEvent(serve, event, context as SrvxContext)) as LambdaResult;
      return wantsHeaderLists(given) ? toHeaderLists(result) : result;
    } catch (error) {
      if (request) throw error;
      return badRequest(); // fetch has no such request, for example one of TRACE
    }
  };
}

/** A request of GET is made without its body, which it gets afterwards. */
function takeBody(event: AwsLambdaEvent): { event: AwsLambdaEvent; body: unknown } {
  const method = 'httpMethod' in event ? event.httpMethod : event.requestContext?.http?.method;
  if (method !== 'GET' && method !== 'HEAD') return { event, body: null };
  const { body, isBase64Encoded } = event;
  return {
    event: { ...event, body: null } as AwsLambdaEvent, // null is what a REST API sends
    body: isBase64Encoded ? Buffer.from(body ?? '', 'base64') : body,
  };
}

function toHeaderLists({ headers = {}, multiValueHeaders = {}, ...result }: LambdaResult): LambdaResult {
  const lists: Record<string, string[]> = { ...multiValueHeaders };
  for (const [name, value] of Object.entries(headers)) lists[name] = [value];
  return { ...result, multiValueHeaders: lists };
}

function badRequest(): LambdaResult {
  const errors = [{ message: 'Invalid request.', extensions: { code: 'INVALID_PAYLOAD' } }];
  return {
    statusCode: 400,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ errors }),
  };
}
