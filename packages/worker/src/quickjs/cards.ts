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
export const CARDS_VERSION: string = `1 ${CARD_SHIFT} ${CARD_TABLE}`;

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

/**
 * Puts every marked card between two addresses back to what it is in an image, and clears the marks.
 *
 * @param from inclusive, `to` exclusive; both are widened to whole pages.
 * @param image from the address `imageAt` on; what it does not reach is zero.
 */
export function putBack(memory: CardMemory, from: number, to: number, image: Uint8Array, imageAt: number): void {
  const { markWords } = memory;
  const end = Math.min(Math.ceil(to / PAGE_BYTES), markWords.length);
  let open = NONE; // first card of a run of marked ones
  for (let page = Math.floor(from / PAGE_BYTES); page < end; page++) {
    const four = markWords[page]!;
    if (four === 0 && open === NONE) continue;
    markWords[page] = 0;
    for (let i = 0; i < 4; i++) {
      const card = page * 4 + i;
      const isMarked = (four & (0xff << (8 * i))) !== 0;
      if (isMarked === (open !== NONE)) continue;
      if (!isMarked) copyCards(memory, open, card, image, imageAt);
      open = isMarked ? card : NONE;
    }
  }
  if (open !== NONE) copyCards(memory, open, end * 4, image, imageAt);
}

const NONE = -1;

function copyCards({ bytes }: CardMemory, first: number, end: number, image: Uint8Array, imageAt: number): void {
  const from = first * CARD_BYTES;
  const to = Math.min(end * CARD_BYTES, bytes.length);
  const known = Math.min(to, imageAt + image.length);
  if (from < known) bytes.set(image.subarray(from - imageAt, known - imageAt), from);
  if (to > known) bytes.fill(0, Math.max(from, known), to);
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
