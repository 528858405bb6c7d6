import type { AwsLambdaEvent } from 'srvx/aws-lambda';

type Multi = Record<string, string[] | undefined>;

/**
 * What an event may hold beside what its type says: a REST API and a load balancer leave keys out,
 * or send null.
 */
interface Loose {
  headers?: Record<string, string | undefined> | null;
  multiValueHeaders?: Multi | null;
  queryStringParameters?: Record<string, string | undefined> | null;
  multiValueQueryStringParameters?: Multi | null;
  rawQueryString?: unknown;
  requestContext?: { elb?: unknown };
}

/**
 * Fills in what some kinds of events leave out, so that one reader fits all. Sources: AWS' pages on
 * Lambda proxy integrations of REST APIs, and on Lambda functions as targets of load balancers.
 *
 * - A header that came more than once is whole in `multiValueHeaders` alone; a load balancer sends
 *   either kind.
 * - A query comes decoded from a REST API, as it was sent from a load balancer, and as text from
 *   all others.
 */
export function normaliseEvent(event: AwsLambdaEvent): AwsLambdaEvent {
  const loose = event as Loose;
  const headers = { ...loose.headers };
  for (const [name, values = []] of Object.entries(loose.multiValueHeaders ?? {})) {
    if (values !== null) headers[name] = values.join(name.toLowerCase() === 'cookie' ? '; ' : ', ');
  }
  const rawQueryString = typeof loose.rawQueryString === 'string' ? loose.rawQueryString : joinQuery(loose);
  // all that its kinds share, and no more is read
  return { ...event, headers, rawQueryString } as AwsLambdaEvent;
}

/** A load balancer that sends values in lists takes the headers of the answer in lists alone. */
export function wantsHeaderLists(event: AwsLambdaEvent): boolean {
  const { requestContext, multiValueHeaders } = event as Loose;
  return requestContext?.elb !== undefined && isPresent(multiValueHeaders);
}

function joinQuery({ requestContext, queryStringParameters, multiValueQueryStringParameters }: Loose): string {
  const write = requestContext?.elb === undefined ? encodeURIComponent : (text: string): string => text;
  const parameters = { ...queryStringParameters, ...multiValueQueryStringParameters };
  return Object.entries(parameters)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, one ?? ''] as const))
    .map(([name, value]) => (value === '' ? write(name) : `${write(name)}=${write(value)}`))
    .join('&');
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
