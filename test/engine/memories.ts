import { CARD_BYTES, COPIES_END, COPY_INDEX, INDEXED_BYTES } from '../../packages/worker/src/quickjs/memory/cards.js';

const NativeMemory = WebAssembly.Memory;

/** The memories of the instances that are made while it watches, oldest first. */
export class MemoryWatch {
  readonly memories: WebAssembly.Memory[] = [];

  constructor() {
    const { memories } = this;
    WebAssembly.Memory = class extends NativeMemory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor);
        memories.push(this);
      }
    };
  }

  close(): void {
    WebAssembly.Memory = NativeMemory;
  }
}

/**
 * A memory at rest, without the copies of cards that it was restored from.
 *
 * @throws {Error} if one of those is not what the memory holds.
 */
export function restedBytesOf(memory: WebAssembly.Memory): Buffer {
  const bytes = Buffer.from(memory.buffer.slice(0));
  const index = new Uint16Array(bytes.buffer, COPY_INDEX, INDEXED_BYTES / CARD_BYTES);
  for (let card = 0; card < index.length; card++) {
    const [at, copyAt] = [card * CARD_BYTES, index[card]! * CARD_BYTES];
    if (copyAt !== 0 && bytes.compare(bytes, copyAt, copyAt + CARD_BYTES, at, at + CARD_BYTES) !== 0)
      throw new Error(`Card ${card} differs from its copy`);
  }
  return bytes.fill(0, COPY_INDEX, COPIES_END);
}
