/**
 * Below this many characters a loop beats a call out of JavaScript (one-off: 24 to 40 on Node 20).
 */
export const NATIVE_FROM: number = 32;

const CHUNK = 8_192;

interface NodeBuffer {
  latin1Slice(this: Uint8Array, from: number, to: number): string;
  ucs2Slice(this: Uint8Array, from: number, to: number): string;
  hexSlice(this: Uint8Array, from: number, to: number): string;
  latin1Write(this: Uint8Array, text: string, at: number, length: number): number;
  ucs2Write(this: Uint8Array, text: string, at: number, length: number): number;
}

/**
 * Node's own copies work on any Uint8Array, are ten times as fast as a loop and keep lone
 * surrogates.
 */
const native: NodeBuffer | undefined = (globalThis as { Buffer?: { prototype: NodeBuffer } }).Buffer?.prototype;

const ascii: TextEncoder = new TextEncoder();

const WIDE = /[^\0-\u00ff]/;

/** Whether a character needs two bytes. */
export function isWide(text: string): boolean {
  return WIDE.test(text);
}

/** One byte a character, from a position that has been checked to lie inside. */
export function readLatin1(bytes: Uint8Array, from: number, to: number): string {
  if (to - from >= NATIVE_FROM)
    return native ? native.latin1Slice.call(bytes, from, to) : fromUnits(bytes.subarray(from, to));
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** UTF-16, little-endian, lone surrogates included. */
export function readUtf16(bytes: Uint8Array, from: number, to: number): string {
  if (native) return native.ucs2Slice.call(bytes, from, to);
  const units = new Uint16Array((to - from) >> 1);
  for (let i = 0; i < units.length; i++) units[i] = bytes[from + i * 2]! | (bytes[from + i * 2 + 1]! << 8);
  return fromUnits(units);
}

/** Two hexadecimal digits for each byte. */
export function toHexText(bytes: Uint8Array): string {
  if (native) return native.hexSlice.call(bytes, 0, bytes.length);
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function fromUnits(units: Uint8Array | Uint16Array): string {
  let text = '';
  for (let i = 0; i < units.length; i += CHUNK) text += String.fromCharCode(...units.subarray(i, i + CHUNK));
  return text;
}

/** Writes text that is not wide to where there is room for it. */
export function writeLatin1(bytes: Uint8Array, at: number, text: string): void {
  const { length } = text;
  if (length >= NATIVE_FROM) {
    if (native) return void native.latin1Write.call(bytes, text, at, length);
    if (ascii.encodeInto(text, bytes.subarray(at, at + length)).read === length) return;
  }
  for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
}

/** Writes two bytes for each unit. */
export function writeUtf16(bytes: Uint8Array, at: number, text: string): void {
  if (native) return void native.ucs2Write.call(bytes, text, at, text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[at + i * 2] = unit & 0xff;
    bytes[at + i * 2 + 1] = unit >> 8;
  }
}
