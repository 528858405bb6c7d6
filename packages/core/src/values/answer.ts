import { isSandglassError } from '../errors.js';
import { decodeValue, openReader, type Decoder } from './decode.js';
import { encodeValue } from './encode.js';
import { FORM, TAG } from './format.js';
import { stringifyJson, tooLong } from './json.js';
import { isPlainJson } from './plain-json.js';
import { malformed, Reader } from './reader.js';
import { JsonWriter, NEEDS_DECODING } from './to-json.js';
import { Writer } from './writer.js';

/**
 * What a thread makes of what an operation or an endpoint returned, so that the host has little to
 * do. `FORM.answer` is followed by the kind of the body, the length of the head, the head (an
 * encoded object of `status` and `headers`), and the body in UTF-8.
 */

/** What the body of an endpoint's answer is. */
export const BODY = { none: 0, text: 1, json: 2 } as const;

/** The answer of an endpoint. */
export interface EndpointAnswer {
  /** As the guest gave it: of any type. */
  status: unknown;
  /** As the guest gave it: of any type. */
  headers: unknown;
  /** `none`: no body; `text`: a string; `json`: the JSON of any other value. */
  kind: 'none' | 'text' | 'json';
  /** UTF-8. */
  body: Uint8Array<ArrayBuffer>;
}

/** Parts of status and headers that a host decodes. Every server refuses more. */
const MAX_HEAD_PARTS = 8_192;

type MustStop = () => boolean;
const never: MustStop = () => false;

const utf8 = new TextEncoder();

/**
 * The result of an operation as it is after a way through JSON, encoded.
 *
 * @param bytes of an encoded value; the same are the answer if JSON changes nothing.
 * @param maxBytes of the JSON text.
 * @param mustStop asked now and then while it is written. @default it need not
 * @throws {SandglassError} `E_CLONE` for what JSON has no text for, `E_QUOTA` over a limit, `E_CPU`
 *   if it had to stop.
 */
export function writeResult(bytes: Uint8Array, maxBytes: number, mustStop: MustStop = never): Uint8Array {
  if (isPlainJson(bytes, maxBytes)) return bytes;
  if (isUndefined(bytes)) return NULL;
  const { text = 'null', isPlain } = toJson(bytes, maxBytes, mustStop);
  if (isLonger(text, maxBytes)) throw tooLong(maxBytes);
  return isPlain ? bytes : encodeValue(JSON.parse(text));
}

/** What a handler without a result comes to. */
const NULL = encodeValue(null);

function isUndefined(bytes: Uint8Array): boolean {
  return bytes.length === NULL.length && bytes[0] === FORM.direct && bytes.at(-1) === TAG.undefined;
}

/** Whether a text has more bytes in UTF-8, where a character takes three at the most. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && utf8.encode(text).length > maxBytes;
}

function toJson(
  bytes: Uint8Array,
  maxBytes: number,
  mustStop: MustStop,
): { text: string | undefined; isPlain: boolean } {
  if (bytes[0] === FORM.direct) {
    const reader = new Reader(bytes);
    const { atoms } = openReader(reader, Number.MAX_SAFE_INTEGER);
    const writer = new JsonWriter(reader, atoms, maxBytes, mustStop);
    try {
      const text = writer.write();
      return { text, isPlain: writer.isPlain };
    } catch (error) {
      if (error !== NEEDS_DECODING) throw error;
    }
  }
  return { text: stringifyJson(decodeValue(bytes), maxBytes), isPlain: false };
}

/**
 * The answer of an endpoint, its body serialised.
 *
 * @param bytes of what the handler returned, encoded.
 * @param maxBytes of the body.
 * @param mustStop asked now and then while it is written. @default it need not
 * @throws {SandglassError} `E_CLONE` for what JSON has no text for, `E_QUOTA` over a limit, `E_CPU`
 *   if it had to stop.
 */
export function writeAnswer(bytes: Uint8Array, maxBytes: number, mustStop: MustStop = never): Uint8Array {
  const { status, headers, kind, text } =
    (bytes[0] === FORM.direct && takeApart(bytes, maxBytes, mustStop)) || ofValue(bytes, maxBytes);
  const body = utf8.encode(text);
  if (body.length > maxBytes) throw tooLong(maxBytes);
  const head = encodeValue({ status, headers });
  const writer = new Writer();
  writer.u8(FORM.answer);
  writer.u8(BODY[kind]);
  writer.leb(head.length);
  writer.block(head);
  return join(writer.bytes.subarray(0, writer.at), body);
}

/** An {@link EndpointAnswer} on its way, its body as text. */
interface Parts extends Omit<EndpointAnswer, 'body'> {
  text: string;
}

/**
 * Reads the answer's own properties from the serialisation. Undefined for what has to be decoded
 * whole.
 */
function takeApart(bytes: Uint8Array, maxBytes: number, mustStop: MustStop): Parts | undefined {
  const reader = new Reader(bytes);
  try {
    const decoder = openReader(reader, Number.MAX_SAFE_INTEGER);
    if (reader.u8() !== TAG.object) return undefined;
    const parts: Parts = { status: undefined, headers: undefined, kind: 'none', text: '' };
    const write = (): string | undefined => new JsonWriter(reader, decoder.atoms, maxBytes, mustStop).write();
    for (let left = reader.leb(); left > 0; left--) take(reader, decoder, parts, write);
    return parts;
  } catch (error) {
    if (isSandglassError(error) && (error.code === 'E_QUOTA' || error.code === 'E_CPU')) throw error;
    return undefined; // what it is will be found out by decoding it
  }
}

function take(reader: Reader, decoder: Decoder, parts: Parts, write: () => string | undefined): void {
  const atom = reader.leb();
  const name = atom & 1 ? '' : decoder.atoms[(atom >>> 1) - 1];
  if (name !== 'body') {
    const value = decoder.read(1);
    if (name === 'status') parts.status = value;
    if (name === 'headers') parts.headers = value;
    return;
  }
  if (reader.peek() === TAG.string) {
    reader.u8();
    parts.kind = 'text';
    parts.text = reader.string();
    return;
  }
  const isNull = reader.peek() === TAG.null;
  const text = write();
  if (isNull || text === undefined) return;
  parts.kind = 'json';
  parts.text = text;
}

function ofValue(bytes: Uint8Array, maxBytes: number): Parts {
  const value = decodeValue(bytes);
  const { status, headers, body } = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<string, unknown>
  >;
  const rest = { status, headers };
  if (typeof body === 'string') return { ...rest, kind: 'text', text: body };
  const text = body === null ? undefined : stringifyJson(body, maxBytes);
  return text === undefined ? { ...rest, kind: 'none', text: '' } : { ...rest, kind: 'json', text };
}

const KINDS = ['none', 'text', 'json'] as const satisfies (keyof typeof BODY)[];

/**
 * Reads what {@link writeAnswer} made. The bytes may be forged.
 *
 * @throws {SandglassError} `E_CLONE` for bytes that are malformed.
 */
export function readAnswer(bytes: Uint8Array): EndpointAnswer {
  const reader = new Reader(bytes);
  if (reader.u8() !== FORM.answer) throw malformed();
  const kind = KINDS[reader.u8()];
  const head = decodeValue(reader.block(reader.leb()), MAX_HEAD_PARTS);
  if (kind === undefined || typeof head !== 'object' || head === null) throw malformed();
  const { status, headers } = head as Partial<Record<string, unknown>>;
  const body = reader.block(reader.remaining) as EndpointAnswer['body']; // `isBytes` has seen to it
  return { status, headers, kind, body };
}

function join(first: ArrayLike<number>, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
