import type { Pointer } from './ffi.js';
import type { Instance } from './instance.js';
import type { Layout } from './memory/layout.js';
import { KINDS } from './kinds.js';

/** The kind of a value, as an index in {@link KINDS}. */
export function kindOf({ words, bytes }: Instance, layout: Layout, value: Pointer): number {
  if (words[(value >> 2) + 1] !== layout.objectTag) return 0;
  const at = words[value >> 2]! + layout.classOffset;
  return KINDS.indexOf(layout.kinds.get(bytes[at]! | (bytes[at + 1]! << 8)) ?? 'other');
}
