/**
 * How a part of the late functions begins: the intrinsics of the realm, in the prelude's order. An
 * array pattern would ask the guest's iterator.
 */
export const LATE_TOOLS = /* js */ `
const { 0: apply, 1: put, 2: ERRORS, 3: NativeObject, 4: NativeArray, 5: NativeProxy, 6: defineOrThrow, 7: asyncIterator, 8: iterator, 9: boxValue, 10: getTime, 11: askLocale, 12: NativeString } = tools;
`;
