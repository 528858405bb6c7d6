import { stringifyJson } from '../routing/json.js';

/** A request that cannot be served as it is. */
export class BadRequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Longest JSON text of an answer, in characters. The limits of calls are far below. */
const MAX_ANSWER_LENGTH = 2 ** 28;

/**
 * Reads a JSON body.
 *
 * @returns undefined if there is none.
 * @throws {BadRequestError} 413 above `maxBytes`, 400 if it is not JSON.
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new BadRequestError(413, `The body is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(Buffer.concat(chunks)));
  } catch {
    throw new BadRequestError(400, 'The body is not JSON');
  }
}

/** An answer of JSON. @throws {SandglassError} `E_CLONE` or `E_QUOTA` for a value that has none. */
export function jsonResponse(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return new Response(stringifyJson(value, MAX_ANSWER_LENGTH) ?? 'null', {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });
}
