import { SandglassError } from '../errors.js';
import { malformed } from './reader.js';

type TypedArrayConstructor = new (buffer: ArrayBuffer, byteOffset: number, length: number) => ArrayBufferView;

/**
 * @throws {SandglassError} `E_CLONE` if this runtime has no such type (Float16Array before Node 24)
 *   or the bounds are off.
 */
export function createView(type: string, buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView {
  // only names from TYPED_ARRAYS get here
  const constructor = (globalThis as unknown as Record<string, TypedArrayConstructor | undefined>)[type];
  if (constructor === undefined) throw new SandglassError('E_CLONE', `Cannot copy a ${type}: this runtime has none`);
  try {
    return new constructor(buffer, byteOffset, length);
  } catch {
    throw malformed();
  }
}

/** Sets an own property whatever the name: `__proto__` stays data. */
export function defineValue(object: object, key: string, value: unknown): void {
  if (key !== '__proto__') (object as Record<string, unknown>)[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
