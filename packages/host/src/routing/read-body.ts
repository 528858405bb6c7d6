import { promisify } from 'node:util';

import { checkJson } from './check-json.js';
import { ClientError } from './error-response.js';

/** A function of `node:zlib`. */
type CodingFunction = 'gunzip' | 'inflate' | 'brotliDecompress';
type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

/** Content codings that are inflated, those of Express, by how. Loaded with the first such body. */
const CODINGS: ReadonlyMap<string, CodingFunction> = new Map([
  ['gzip', 'gunzip'],
  ['x-gzip', 'gunzip'],
  ['deflate', 'inflate'],
  ['br', 'brotliDecompress'],
]);

/** Deepest body: inside of an argument it is one level deeper, and 1,000 are copied. */
const MAX_DEPTH = 999;

/** Charsets that JSON may be in, by the label of a decoder. */
const CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'utf-16', 'utf-16le', 'utf-16be']);

/**
 * Reads the body of a request as text: inflated, and in the charset that its type names.
 *
 * @param maxBytes longest body, as it came and inflated.
 * @throws {ClientError} 413 for a longer one, 415 for a coding or charset that cannot be read, 400
 *   for bytes that are not in it.
 */
export async function readBodyText(request: Request, maxBytes: number): Promise<string> {
  const decoder = createDecoder(request.headers.get('content-type') ?? '');
  const coding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  const inflateBody = CODINGS.get(coding);
  if (coding !== 'identity' && inflateBody === undefined)
    throw new ClientError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The content coding of the body is not supported.');
  const bytes = await readBytes(request, maxBytes);
  const plain = inflateBody && bytes.length > 0 ? await inflateBytes(bytes, inflateBody, maxBytes) : bytes;
  try {
    return decoder.decode(plain);
  } catch {
    throw invalid('The body is not in its charset.');
  }
}

/**
 * Parses a body.
 *
 * @returns undefined for an empty one.
 * @throws {ClientError} 400 if it is not JSON, or is nested more than 999 deep.
 */
export function parseBody(text: string): unknown {
  if (text === '') return undefined;
  assertJson(text);
  return JSON.parse(text);
}

let lastTurn: Promise<void> = Promise.resolve();

/**
 * The next turn of the event loop that nobody else has taken: what takes long on this thread is
 * done one to a turn.
 */
export function ownTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
  return lastTurn;
}

/** @throws {ClientError} 400 if a text is not JSON, or is nested more than 999 deep. */
export function assertJson(text: string): void {
  switch (checkJson(text, MAX_DEPTH)) {
    case 'syntax':
      throw invalid('The body is not JSON.');
    case 'depth':
      throw invalid(`The body is nested more than ${MAX_DEPTH} deep.`);
    default:
  }
}

/** What is wrong with a body that came whole. */
export function invalid(reason: string): ClientError {
  return new ClientError(400, 'INVALID_PAYLOAD', `Invalid payload. ${reason}`);
}

export function tooLarge(maxBytes: number): ClientError {
  return new ClientError(413, 'CONTENT_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`);
}

function createDecoder(type: string): InstanceType<typeof TextDecoder> {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type) ?? [];
  if (!CHARSETS.has(charset.toLowerCase()))
    throw new ClientError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The charset of the body is not supported.');
  return new TextDecoder(charset, { fatal: true });
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes); // ends the loop, and that cancels the stream
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
}

async function inflateBytes(bytes: Uint8Array, how: CodingFunction, maxBytes: number): Promise<Uint8Array> {
  const zlib = await import('node:zlib');
  try {
    return await (promisify(zlib[how]) as Inflate)(bytes, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw invalid('The body is not in its content coding.');
  }
}
