import type { TraceCarrier } from '@sandglass/host/fleet';
import { decodeValue, encodeValue, type ExtensionWire, type SnapshotWire, type UsageWire } from '@sandglass/core';

/**
 * Messages between an owner and a runner: a head of 12 bytes, then the body.
 *
 *     u8 type, u8 flags, u16 0, u32 number of the message in its session, u32 how many bytes the
 *     packed list takes with which the body begins; then an encoded value, or nothing
 *
 * A message that is larger than the server takes is sent in parts, one after the other. A frame
 * that begins with 0 ends the session, and the rest of it says why.
 */

const HEAD_BYTES = 12;
const FLAG = { more: 1 } as const;
const MAX_REASON_LENGTH = 500;

/** What an owner says. */
export const TO_RUNNER = {
  open: 1,
  batch: 2,
  load: 3,
  settle: 4,
  abort: 5,
  forget: 6,
  stats: 7,
  beat: 8,
  close: 9,
  install: 10,
} as const;

/** What a runner says. */
export const TO_OWNER = {
  ready: 1,
  outcomes: 2,
  loaded: 3,
  capabilities: 4,
  dropped: 5,
  cold: 6,
  stats: 7,
  beat: 8,
} as const;

/** The body of {@link TO_RUNNER}.load. */
export interface LoadWire {
  extension: ExtensionWire;
  snapshot?: SnapshotWire;
}

/** The body of {@link TO_RUNNER}.batch, beside the packed calls. */
export interface BatchWire {
  id: number;
  /** Whether no more calls of this batch come. */
  isLast: boolean;
  /** Milliseconds left of each call's `wallTimeMs`. */
  left: number[];
  /** Runs of each call before this one. */
  runs: number[];
  /** Of each call; absent if none is traced. */
  traces?: (TraceCarrier | null)[];
}

/** Most bytes of one message, all its parts together. The sender refuses a larger one. */
export const MAX_MESSAGE_BYTES: number = 64 << 20;

/** The usage of a call that ended without its engine. */
export const NO_USAGE: UsageWire = { cpuTimeMs: 0, heapBytes: 0 };

/** The error for a message that is too large to send. @param what could not be done for it */
export function tooLarge(what: string): { code: 'E_QUOTA'; message: string } {
  return { code: 'E_QUOTA', message: `Cannot ${what}: a message of the fleet may have ${MAX_MESSAGE_BYTES} bytes` };
}

/** A snapshot that can be encoded: shared memory is copied. */
export function unshared({ key, bytes }: SnapshotWire): { key: string; bytes: ArrayBuffer } {
  return { key, bytes: bytes instanceof ArrayBuffer ? bytes : new Uint8Array(new Uint8Array(bytes)).buffer };
}

export interface Message {
  type: number;
  /** A packed list, of calls or outcomes; empty in most. */
  packed: Uint8Array;
  /** Decoded, and not checked. */
  value: unknown;
}

const NOTHING: Uint8Array = new Uint8Array();

/** Why a frame ends its session, if it does. */
export function readHangUp(frame: Uint8Array): string | undefined {
  if (frame[0] !== 0) return undefined;
  return Buffer.from(frame.buffer, frame.byteOffset + 1, frame.byteLength - 1)
    .toString()
    .slice(0, MAX_REASON_LENGTH);
}

/** Writes the messages of one side of a session. */
export class FrameWriter {
  readonly #maxPayloadBytes: number;
  readonly #publish: (frame: Uint8Array) => void;
  #count = 0;

  /**
   * @param maxPayloadBytes of the server.
   * @param publish sends one frame.
   */
  constructor(maxPayloadBytes: number, publish: (frame: Uint8Array) => void) {
    this.#maxPayloadBytes = maxPayloadBytes;
    this.#publish = publish;
  }

  /** @returns false for a message that is too large; nothing was sent. */
  write(type: number, value?: unknown, packed: Uint8Array = NOTHING): boolean {
    const encoded = value === undefined ? NOTHING : encodeValue(value);
    const length = packed.byteLength + encoded.byteLength;
    if (length > MAX_MESSAGE_BYTES) return false;
    const room = this.#maxPayloadBytes - HEAD_BYTES;
    if (length <= room) this.#send(type, 0, packed.byteLength, [packed, encoded]);
    else this.#sendParts(type, packed.byteLength, Buffer.concat([packed, encoded]), room);
    return true;
  }

  /** Ends the session. @param reason for people. */
  hangUp(reason: string): void {
    this.#publish(Buffer.from(`\0${reason.slice(0, MAX_REASON_LENGTH)}`));
  }

  #sendParts(type: number, packedBytes: number, body: Uint8Array, room: number): void {
    for (let at = 0; at < body.byteLength; at += room) {
      const isLast = at + room >= body.byteLength;
      this.#send(type, isLast ? 0 : FLAG.more, packedBytes, [body.subarray(at, at + room)]);
    }
  }

  #send(type: number, flags: number, packedBytes: number, pieces: Uint8Array[]): void {
    const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, HEAD_BYTES);
    const frame = Buffer.allocUnsafe(length);
    frame.writeUInt32LE(type | (flags << 8), 0);
    frame.writeUInt32LE((this.#count = (this.#count + 1) >>> 0), 4);
    frame.writeUInt32LE(packedBytes, 8);
    let at = HEAD_BYTES;
    for (const piece of pieces) {
      frame.set(piece, at);
      at += piece.byteLength;
    }
    this.#publish(frame);
  }
}

/** Reads the messages of one side of a session, which may be forged. */
export class FrameReader {
  #count = 0;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /**
   * @returns `undefined` for a part of a message whose others are still to come.
   * @throws {Error} for bytes that are no frame, or not the next one: a message was lost.
   */
  read(frame: Uint8Array): Message | undefined {
    if (frame.byteLength < HEAD_BYTES) throw new Error('a frame is too short');
    const head = new DataView(frame.buffer, frame.byteOffset, HEAD_BYTES);
    const count = (this.#count + 1) >>> 0;
    if (head.getUint32(4, true) !== count) throw new Error('messages were lost on the way');
    this.#count = count;
    const part = frame.subarray(HEAD_BYTES);
    this.#bytes += part.byteLength;
    if (this.#bytes > MAX_MESSAGE_BYTES) throw new Error('a message is too large');
    const hasMore = (head.getUint8(1) & FLAG.more) !== 0;
    if (!hasMore && this.#parts.length === 0) return this.#end(head, part);
    this.#parts.push(part);
    return hasMore ? undefined : this.#end(head, Buffer.concat(this.#parts));
  }

  #end(head: DataView, body: Uint8Array): Message {
    this.#parts = [];
    this.#bytes = 0;
    const packedBytes = head.getUint32(8, true);
    if (packedBytes > body.byteLength) throw new Error('a message is shorter than it says');
    const encoded = body.subarray(packedBytes);
    const value = encoded.byteLength === 0 ? undefined : decodeValue(encoded);
    // no Buffer, whose `slice` copies nothing
    const packed = new Uint8Array(body.buffer, body.byteOffset, packedBytes);
    return { type: head.getUint8(0), packed, value };
  }
}
