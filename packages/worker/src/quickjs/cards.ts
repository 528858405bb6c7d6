/**
 * The card table: a byte for each card of an instance's memory, set by whatever writes to the card. `track-writes.ts` puts the
 * marking into the engine's own stores; what this side writes, it marks itself.
 */

/** log2 of {@link CARD_BYTES}. */
export const CARD_SHIFT = 10;

/** Memory that shares a mark. A small call writes to about 15 cards of 1 KiB; finer ones cost more to look for than to copy. */
export const CARD_BYTES: number = 1 << CARD_SHIFT;

/** Memory whose marks share a word of the table. */
export const PAGE_BYTES: number = 4 * CARD_BYTES;

/**
 * Address of the table. It lies above the static data, in the lower end of the C stack, 4.8 MB of which the stack limit
 * keeps the engine from reaching. There is room for the marks of 4 GiB.
 */
export const CARD_TABLE: number = 1 << 18;

/** Name of the binary's custom section that says how it marks. */
export const CARDS_SECTION = 'sandglass.cards';

/** What the section holds. */
export const CARDS_VERSION: string = `2 ${CARD_SHIFT} ${CARD_TABLE}`;

/** Whether a module marks its writes as this code expects. */
export function isTracked(module: WebAssembly.Module): boolean {
  const [section] = WebAssembly.Module.customSections(module, CARDS_SECTION);
  return section !== undefined && new TextDecoder().decode(section) === CARDS_VERSION;
}

/** The memory of an instance and its card table. */
export interface CardMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** A byte for each card. */
  readonly marks: Uint8Array<ArrayBuffer>;
  /** The same, four cards to a word. */
  readonly markWords: Uint32Array<ArrayBuffer>;
}

export function createCardMemory(buffer: ArrayBuffer): CardMemory {
  const pages = Math.ceil(buffer.byteLength / PAGE_BYTES);
  return {
    bytes: new Uint8Array(buffer),
    marks: new Uint8Array(buffer, CARD_TABLE, pages * 4),
    markWords: new Uint32Array(buffer, CARD_TABLE, pages),
  };
}

/** Notes that this side has written to the memory. */
export function markWritten({ marks }: CardMemory, at: number, length: number): void {
  for (let card = at >>> CARD_SHIFT; card <= (at + length - 1) >>> CARD_SHIFT; card++) marks[card] = 1;
}

/** A part of the memory, whole pages, and what it is put back to. */
export class CardImage {
  readonly from: number;
  readonly to: number;
  readonly #image: Uint8Array;
  readonly #imageAt: number;
  readonly #slab: CardSlab;
  /** Copies of the cards that were written before. */
  readonly #cards: (Uint8Array | undefined)[];

  /**
   * @param from first address of the part, and `to` the one after its last; both are widened to whole pages.
   * @param image what it holds from the address `imageAt` on; all zeros after the image's end.
   * @param slab where copies are kept.
   */
  constructor(
    from: number,
    to: number,
    image: Uint8Array = NOTHING,
    imageAt: number = from,
    slab: CardSlab = new CardSlab(),
  ) {
    this.#slab = slab;
    this.from = Math.floor(from / PAGE_BYTES) * PAGE_BYTES;
    this.to = Math.ceil(to / PAGE_BYTES) * PAGE_BYTES;
    this.#image = image;
    this.#imageAt = imageAt;
    this.#cards = Array.from({ length: Math.max(0, Math.ceil((imageAt + image.length - this.from) / CARD_BYTES)) });
  }

  /** Puts every marked card back and clears the marks. */
  putBack({ bytes, markWords }: CardMemory): void {
    const end = Math.min(this.to / PAGE_BYTES, markWords.length);
    for (let page = this.from / PAGE_BYTES; page < end; page++) {
      const four = markWords[page]!;
      if (four === 0) continue;
      markWords[page] = 0;
      for (let i = 0; i < 4; i++) {
        if ((four & (0xff << (8 * i))) !== 0) this.#putBackCard(bytes, page * PAGE_BYTES + i * CARD_BYTES);
      }
    }
  }

  #putBackCard(bytes: Uint8Array, at: number): void {
    const index = (at - this.from) / CARD_BYTES;
    if (index >= this.#cards.length) bytes.fill(0, at, at + CARD_BYTES);
    else bytes.set((this.#cards[index] ??= this.#cardAt(at)), at);
  }

  #cardAt(at: number): Uint8Array {
    const card = this.#slab.allocate();
    const from = at - this.#imageAt;
    card.set(this.#image.subarray(Math.max(from, 0), from + CARD_BYTES), Math.max(-from, 0));
    return card;
  }
}

/** Cards that are allocated at once: a small call writes to about as many. */
const SLAB_CARDS = 16;

/**
 * Room for copies of the cards that calls write to: reading them is three times as fast as reading shared memory, and side
 * by side they lie on few pages.
 */
export class CardSlab {
  #slab: Uint8Array = NOTHING;
  #used = 0;

  /** A card of zeros. */
  allocate(): Uint8Array {
    if (this.#used === this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_CARDS * CARD_BYTES);
      this.#used = 0;
    }
    this.#used += CARD_BYTES;
    return this.#slab.subarray(this.#used - CARD_BYTES, this.#used);
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** Puts all that was written since the memory was new to zero, the table too. */
export function clear(memory: CardMemory): void {
  if (isTampered(memory)) memory.bytes.fill(0);
  else new CardImage(0, memory.bytes.length).putBack(memory);
}

/** The lowest marked address between two, to a page; `to` if there is none. */
export function lowestMarked({ markWords }: CardMemory, from: number, to: number): number {
  let page = Math.floor(from / PAGE_BYTES);
  const end = Math.ceil(to / PAGE_BYTES);
  while (page < end && markWords[page] === 0) page++;
  return Math.min(page * PAGE_BYTES, to);
}

/** Whether something wrote to the table other than by marking: the mark that follows a store cannot be taken back. */
export function isTampered(memory: CardMemory): boolean {
  return lowestMarked(memory, CARD_TABLE, CARD_TABLE + memory.marks.length) < CARD_TABLE + memory.marks.length;
}
