import { markWritten } from './memory/cards.js';
import type { Pointer } from './ffi.js';
import type { Realm } from './realm.js';

/**
 * Frames that are kept of a call site, innermost first: room for a helper or two, and their caller.
 */
const MAX_FRAMES = 4;

/** Bytes of an engine's frame that a stack trace reads. */
const FRAME_BYTES = 64;

/**
 * A function that was on the stack, owned by whoever has the site, and how far it had come. A
 * class, no literal: see `LinkedList` in core.
 */
class SiteFrame {
  readonly func: Pointer;
  readonly pc: Pointer;

  constructor(func: Pointer, pc: Pointer) {
    this.func = func;
    this.pc = pc;
  }
}

/**
 * Where guest code called a native function, for the stack of an error that the call causes later.
 */
export type CallSite = readonly SiteFrame[];

/**
 * Takes the stack of the guest as it is, inside a native function. A stack trace in its place would
 * cost microseconds, since the engine looks for the line from the beginning of each function.
 */
export function takeCallSite({ instance, layout, pointers }: Realm): CallSite {
  const { current, func, pc } = layout.frame;
  const site: SiteFrame[] = [];
  let frame = instance.words[(pointers.rt + current) >> 2]!;
  while (frame !== 0 && site.length < MAX_FRAMES) {
    const held = instance.ffi.QTS_DupValuePointer(pointers.ctx, frame + func);
    if (held === 0) break; // the heap is full
    const { words } = instance; // of the memory as it is now
    site.push(new SiteFrame(held, words[(frame + pc) >> 2]!));
    frame = words[frame >> 2]!;
  }
  return site;
}

/**
 * Calls `run`, which makes an error, with the frames of a call site on the engine's stack, so that
 * the error's stack trace shows them. Call it between slices, when the engine's own stack is empty.
 */
export function atCallSite<T>({ instance, layout, pointers }: Realm, site: CallSite, run: () => T): T {
  const at = site.length === 0 ? 0 : instance.module._malloc(site.length * FRAME_BYTES);
  if (at === 0) return run(); // nowhere else, or the heap is full
  const { func, pc } = layout.frame;
  const { words } = instance;
  words.fill(0, at >> 2, (at + site.length * FRAME_BYTES) >> 2);
  for (const [i, held] of site.entries()) {
    const frame = at + i * FRAME_BYTES;
    words[frame >> 2] = i + 1 < site.length ? frame + FRAME_BYTES : 0;
    words.copyWithin((frame + func) >> 2, held.func >> 2, (held.func >> 2) + 2);
    words[(frame + pc) >> 2] = held.pc;
  }
  markWritten(instance, at, site.length * FRAME_BYTES);
  const current = pointers.rt + layout.frame.current;
  const setCurrent = (frame: Pointer): void => {
    instance.words[current >> 2] = frame;
    markWritten(instance, current, 4);
  };
  setCurrent(at);
  try {
    return run();
  } finally {
    setCurrent(0);
    instance.module._free(at);
  }
}
