import { type AwsLambdaEvent, handleLambdaEvent } from 'srvx/aws-lambda';

import { checkAdapter } from '../options/adapter-options.js';
import { type DeadlineContext, toCallOptions } from './deadline.js';
import { createBasePath } from './base-path.js';
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
  cookies?: string[];
  body?: string;
  isBase64Encoded?: boolean;
}

/** A handler of AWS Lambda. */
export type LambdaHandler = (event: AwsLambdaEvent, context: DeadlineContext) => Promise<LambdaResult>;

type SrvxContext = Parameters<typeof handleLambdaEvent>[2];

/**
 * Endpoints as a handler of AWS Lambda, for events of a function URL, of API Gateway (HTTP and REST) and of a load balancer.
 *
 * Rejects only if the host cannot be made. A call gets no more time than the function has left.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toLambdaHandler(source: HostSource, options: HttpOptions = {}): LambdaHandler {
  checkAdapter('toLambdaHandler', 'http', source, options);
  const getHost = toHostGetter(source);
  const stripBasePath = createBasePath(options.basePath);
  return async (event, context) => {
    const host = await getHost();
    let request: Request | undefined;
    const serve = (received: Request): Promise<Response> => {
      request = received;
      return host.fetch(stripBasePath(received), toCallOptions(context, options));
    };
    try {
      // srvx only hands the context on, and its result has the shape of both versions of the format
      return (await handleLambdaEvent(serve, event, context as SrvxContext)) as LambdaResult;
    } catch (error) {
      if (request) throw error;
      return badRequest(); // fetch has no such request, for example one of GET with a body
    }
  };
}

function badRequest(): LambdaResult {
  const errors = [{ message: 'Invalid request.', extensions: { code: 'INVALID_PAYLOAD' } }];
  return {
    statusCode: 400,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ errors }),
  };
}
