import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

import { ClientError } from './error-response.js';

type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

/** Content codings that are inflated, those of Express. */
const CODINGS: ReadonlyMap<string, Inflate> = new Map<string, Inflate>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/** Charsets that JSON may be in, by the label of a decoder. */
const CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'utf-16', 'utf-16le', 'utf-16be']);

/**
 * Reads the body of a request as text: inflated, and in the charset that its type names.
 *
 * @param maxBytes longest body, as it came and inflated.
 * @throws {ClientError} 413 for a longer one, 415 for a coding or charset that cannot be read, 400 for bytes that are not in it.
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

/** Deepest body: inside of an argument it is one level deeper, and 1,000 are copied. */
const MAX_DEPTH = 999;
/** Longer texts are parsed one to a turn of the event loop. */
const MAX_SHORT_LENGTH = 65_536;

let lastTurn: Promise<void> = Promise.resolve();

/**
 * Parses the body of a request.
 *
 * @returns undefined for an empty one.
 * @throws {ClientError} 400 if it is not JSON, or is nested more than 999 deep.
 */
export async function parseBody(text: string): Promise<unknown> {
  if (text === '') return undefined;
  if (text.length > MAX_SHORT_LENGTH)
    await (lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve))));
  if (isTooDeep(text)) throw invalid(`The body is nested more than ${MAX_DEPTH} deep.`);
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('The body is not JSON.');
  }
}

/** Whether brackets are nested too deep, those in strings left out. What is not JSON may be told either way. */
function isTooDeep(text: string): boolean {
  if (text.length <= MAX_DEPTH) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = findStringEnd(text, i);
    else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function findStringEnd(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
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

async function inflateBytes(bytes: Uint8Array, inflateBody: Inflate, maxBytes: number): Promise<Uint8Array> {
  try {
    return await inflateBody(bytes, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw invalid('The body is not in its content coding.');
  }
}
