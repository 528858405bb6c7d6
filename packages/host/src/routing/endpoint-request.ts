import { ClientError } from './error-response.js';
import type { RequestTarget } from './request-target.js';

/** What an endpoint's handler gets (CONTRACT §5). */
export interface EndpointRequest {
  /** Relative to the mount, query included. */
  url: string;
  /** Names in lower case; `set-cookie` is an array. */
  headers: Record<string, string | string[]>;
  /** The parsed JSON body, `{}` if there is none. */
  body: unknown;
}

/** Media types whose body is parsed. */
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/**
 * Turns a request into the argument of an endpoint's handler.
 *
 * @param target of the request's URL.
 * @param mountLength length of the mount in the request's path.
 * @param maxBodyBytes longest body that is read.
 * @throws {ClientError} 413 for a longer body, 400 for one that says to be JSON and is not.
 */
export async function readEndpointRequest(
  request: Request,
  target: RequestTarget,
  mountLength: number,
  maxBodyBytes: number,
): Promise<EndpointRequest> {
  const path = target.path.slice(mountLength) || '/';
  return {
    url: path + target.search,
    headers: readHeaders(request),
    body: hasJsonBody(request) ? await readBody(request, maxBodyBytes) : {},
  };
}

function readHeaders({ headers, url }: Request): EndpointRequest['headers'] {
  const host = headers.get('host') ?? new URL(url).host; // HTTP has it, a Request made by hand has not
  const cookies = headers.getSetCookie();
  const entries: [string, string | string[]][] = [['host', host], ...headers];
  if (cookies.length > 0) entries.push(['set-cookie', cookies]);
  return Object.fromEntries(entries); // defines each: a header may be called `__proto__`
}

function hasJsonBody(request: Request): boolean {
  return request.body !== null && JSON_TYPE.test(request.headers.get('content-type') ?? '');
}

async function readBody(request: Request, maxBodyBytes: number): Promise<unknown> {
  const text = await readText(request, maxBodyBytes);
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ClientError(400, 'INVALID_PAYLOAD', 'Invalid payload. The body is not JSON.');
  }
}

async function readText(request: Request, maxBodyBytes: number): Promise<string> {
  const tooLarge = (): ClientError =>
    new ClientError(413, 'CONTENT_TOO_LARGE', `The body is larger than ${maxBodyBytes} bytes.`);
  if (Number(request.headers.get('content-length')) > maxBodyBytes) throw tooLarge();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw tooLarge(); // ends the loop, and that cancels the stream
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
