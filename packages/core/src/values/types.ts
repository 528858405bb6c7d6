/**
 * Tests of an object's type by its internal slots, whatever its realm, prototype and properties
 * are.
 */
interface Types {
  isArrayBuffer(value: unknown): value is ArrayBuffer;
  isBoxedPrimitive(value: unknown): boolean;
  isDate(value: unknown): value is Date;
  isGeneratorObject(value: unknown): boolean;
  isMap(value: unknown): value is Map<unknown, unknown>;
  isMapIterator(value: unknown): boolean;
  isNativeError(value: unknown): value is Error;
  isPromise(value: unknown): boolean;
  isProxy(value: unknown): boolean;
  isRegExp(value: unknown): value is RegExp;
  isSet(value: unknown): value is Set<unknown>;
  isSetIterator(value: unknown): boolean;
  isSharedArrayBuffer(value: unknown): boolean;
  isSymbolObject(value: unknown): boolean;
  isWeakMap(value: unknown): boolean;
  isWeakSet(value: unknown): boolean;
}

interface NodeLike {
  process?: { getBuiltinModule?: (id: string) => { types: Types } | undefined };
}

type Type<T> = abstract new (...args: never[]) => T;

function instanceOf<T>(...types: Type<T>[]): (value: unknown) => value is T {
  return (value): value is T => types.some((type) => value instanceof type);
}

/**
 * Used on runtimes without Node's `util.types`: for objects of this realm. A Proxy counts as its
 * target.
 */
const BY_PROTOTYPE: Types = {
  isArrayBuffer: instanceOf(ArrayBuffer),
  isBoxedPrimitive: instanceOf<unknown>(Number, String, Boolean, Object(0n).constructor, Object(Symbol()).constructor),
  isDate: instanceOf(Date),
  isGeneratorObject: () => false,
  isMap: instanceOf(Map<unknown, unknown>),
  isMapIterator: () => false,
  isNativeError: instanceOf(Error),
  isPromise: instanceOf(Promise),
  isProxy: () => false,
  isRegExp: instanceOf(RegExp),
  isSet: instanceOf(Set<unknown>),
  isSetIterator: () => false,
  isSharedArrayBuffer: (value) => typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer,
  isSymbolObject: instanceOf(Object(Symbol()).constructor as Type<object>),
  isWeakMap: instanceOf(WeakMap),
  isWeakSet: instanceOf(WeakSet),
};

export const types: Types = (globalThis as NodeLike).process?.getBuiltinModule?.('node:util')?.types ?? BY_PROTOTYPE;

const tag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!;

/** `Uint8Array` and so on, for a Buffer too; undefined for a DataView. */
export function typedArrayType(view: ArrayBufferView): string | undefined {
  return tag.get!.call(view) as string | undefined; // as ECMAScript has it
}
