import type { Kind } from './kinds.js';
import type { Layout } from './memory/layout.js';

/** A layout without what an instance is needed for. */
export interface KnownLayout extends Omit<Layout, 'staticImage' | 'kinds'> {
  /** Length of the static image. */
  staticBytes: number;
  /** Class ids of each kind. */
  kinds: Partial<Record<Kind, readonly number[]>>;
}

/**
 * What `probeLayout` finds, by the SHA-256 of the WASM binary: probing takes longer than all the rest of a start.
 *
 * `layout.test.ts` probes the binary at hand and prints the entry that it should have here.
 */
export const KNOWN_LAYOUTS: Readonly<Record<string, KnownLayout>> = {
  // engine.wasm, of @jitl/quickjs-wasmfile-release-sync 0.32.0
  '9680c4b2bc71afc5169fd177c091b7be9f4ba9785d570da99e26205309776948': {
    staticBytes: 94_208,
    staticHash: '2576b1b72e3cf976c5d42216d08e59bc1130121377706ad9ddbc15f44e2e24e3',
    heapBase: 5_333_088,
    heapEndAt: 86_864,
    randomOffset: 224,
    countdownOffset: 232,
    jobsOffset: 168,
    buffer: { record: 32, data: 12, length: 0 },
    classOffset: 6,
    exceptionTag: 6,
    objectTag: 4_294_967_295,
    kinds: {
      object: [1, 9, 8],
      array: [2],
      function: [13, 12, 54, 16, 58, 14],
      error: [3],
      boxed: [4, 5, 6, 34],
      date: [10],
      regexp: [18],
      map: [35],
      set: [36],
      buffer: [19],
      dataview: [33],
      proxy: [50],
      typed: [21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32],
    },
  },
};
