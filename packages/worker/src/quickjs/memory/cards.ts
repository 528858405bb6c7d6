/**
 * The card table has a byte for each card of an instance's memory; whoever writes to a card sets
 * it. The engine's own stores do so by the write barrier of `engine/store-barrier.ts`, the host by
 * {@link markWritten}.
 *
 * Beside the table, the instance holds copies of the cards that calls have written to before. The
 * function of `engine/restore-cards.ts` restores dirty cards from these copies in less than a
 * microsecond, since it reads only the instance's own memory.
 */

/** log2 of {@link CARD_BYTES}. */
export const CARD_SHIFT = 8;

/**
 * Bytes of a card. A small call writes to about 20 cards of this size. Larger cards would be more
 * to copy, smaller ones more to look for.
 */
export const CARD_BYTES: number = 1 << CARD_SHIFT;

/** Marks that are tested together, and the memory that they stand for. */
export const GROUP_MARKS = 32;
const GROUP_BYTES: number = GROUP_MARKS * CARD_BYTES;

/**
 * Address of the table. It lies right above the static data, in the lower end of the C stack, 4.8
 * MB of which the stack limit keeps the engine from reaching. There is room for the marks of 1.1
 * GiB.
 */
export const CARD_TABLE = 0x1_8000;

/**
 * Address of the index, above the table: for each card up to {@link INDEXED_BYTES} 16 bits, the
 * number of the card that holds its copy; 0 if there is none.
 */
export const COPY_INDEX: number = 0x48_0000;

/** Memory whose cards have an entry in the index. */
export const INDEXED_BYTES: number = 1 << 24;

/**
 * Address of the list of the cards that were restored last, above the index: see
 * `engine/prefetch.ts`.
 */
export const RESTORED_LIST: number = COPY_INDEX + 2 * (INDEXED_BYTES >> CARD_SHIFT);

/** Address of the copies, above the list. The first one is all zeros. */
export const COPIES: number = RESTORED_LIST + CARD_BYTES;

/** One past the last copy. The part of the C stack that is in use begins above it. */
export const COPIES_END: number = RESTORED_LIST + (1 << 17);

/** Name of the custom section in the binary that says how its write barrier works. */
export const CARDS_SECTION = 'sandglass.cards';

/**
 * What the section holds. The first number goes up with whatever else the build adds or changes.
 */
export const CARDS_VERSION: string = `11 ${CARD_SHIFT} ${CARD_TABLE} ${COPY_INDEX}`;

/** Whether a module marks its writes as this code expects. */
export function isTracked(module: WebAssembly.Module): boolean {
  const [section] = WebAssembly.Module.customSections(module, CARDS_SECTION);
  return section !== undefined && new TextDecoder().decode(section) === CARDS_VERSION;
}

/** What `engine/restore-cards.ts` adds to the engine. */
export interface CardFunctions {
  /**
   * Restores every dirty card that has a copy, and clears its mark: in the static data, and from
   * the C stack on.
   *
   * All arguments are addresses of marks, see {@link markAt}.
   *
   * @param tableEnd one past those of what is in use of the table, `indexEnd` of the index, and
   *   `copiesEnd` of the list and the copies.
   * @param usedEnd one past the last mark to look at.
   * @returns the number of cards without a copy; -1 if the table, the index, the list or the copies
   *   were written to where they are in use: nothing is restored.
   */
  restoreCards: (tableEnd: number, indexEnd: number, copiesEnd: number, usedEnd: number) => number;
}

/** The memory of an instance and its card table. */
export interface CardMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** A byte for each card. */
  readonly marks: Uint8Array<ArrayBuffer>;
}

export function createCardMemory(buffer: ArrayBuffer): CardMemory {
  return { bytes: new Uint8Array(buffer), marks: new Uint8Array(buffer, CARD_TABLE, toGroups(buffer.byteLength)) };
}

/** Marks the cards that the host has written to. */
export function markWritten({ bytes }: CardMemory, at: number, length: number): void {
  const last = CARD_TABLE + ((at + length - 1) >>> CARD_SHIFT);
  for (let mark = CARD_TABLE + (at >>> CARD_SHIFT); mark <= last; mark++) bytes[mark] = 1;
}

/** Number of the marks up to an address, to a group. */
function toGroups(address: number): number {
  return Math.ceil(address / GROUP_BYTES) * GROUP_MARKS;
}

/** Address of the mark of an address, to a group. */
export function markAt(address: number): number {
  return CARD_TABLE + toGroups(address);
}

/** Dirty cards that lie side by side. */
export interface CardRun {
  at: number;
  length: number;
}

/**
 * Finds the dirty cards between two addresses, multiples of 1 KiB.
 *
 * @returns runs of cards, ascending
 */
export function findDirtyCards({ bytes, marks }: CardMemory, from: number, to: number): CardRun[] {
  const words = new Uint32Array(bytes.buffer, CARD_TABLE, marks.length >> 2);
  const runs: CardRun[] = [];
  const end = Math.min(Math.ceil(to / (4 * CARD_BYTES)), words.length);
  for (let word = Math.floor(from / (4 * CARD_BYTES)); word < end; word++) {
    if (words[word] === 0) continue;
    for (let card = 4 * word; card < 4 * word + 4; card++) {
      if (marks[card] === 0) continue;
      const last = runs.at(-1);
      if (last && last.at + last.length === card * CARD_BYTES) last.length += CARD_BYTES;
      else runs.push({ at: card * CARD_BYTES, length: CARD_BYTES });
    }
  }
  return runs;
}

/**
 * Clears the marks between two addresses, multiples of 1 KiB.
 *
 * @returns the runs of cards that were dirty, ascending
 */
export function takeDirtyCards(memory: CardMemory, from: number, to: number): CardRun[] {
  const runs = findDirtyCards(memory, from, to);
  for (const { at, length } of runs) memory.marks.fill(0, at >>> CARD_SHIFT, (at + length) >>> CARD_SHIFT);
  return runs;
}

/** Zeroes the dirty cards between two addresses, multiples of 1 KiB, and clears their marks. */
export function zeroDirtyCards(memory: CardMemory, from: number, to: number): void {
  for (const { at, length } of takeDirtyCards(memory, from, to)) memory.bytes.fill(0, at, at + length);
}

/** Address of the lowest dirty card between two addresses; `to` if there is none. */
export function lowestDirtyCard({ marks }: CardMemory, from: number, to: number): number {
  let card = from >>> CARD_SHIFT;
  while (card < to >>> CARD_SHIFT && (marks[card] ?? 0) === 0) card++;
  return Math.min(card * CARD_BYTES, to);
}

/**
 * Whether guest code wrote to the table or to the copies, other than through the write barrier.
 * Each such store leaves its own mark, which nothing in the guest can clear afterwards.
 */
export function isTampered(memory: CardMemory): boolean {
  const tableEnd = CARD_TABLE + memory.marks.length;
  return (
    lowestDirtyCard(memory, CARD_TABLE, tableEnd) < tableEnd ||
    lowestDirtyCard(memory, COPY_INDEX, COPIES_END) < COPIES_END
  );
}

/** The copies of one instance. */
export class CardCopies {
  /** Cards that have a copy, and copies that are in use, the one of zeros included. */
  readonly #cards: number[] = [];
  #used = 1;

  /** Address after the last copy. */
  get end(): number {
    return COPIES + this.#used * CARD_BYTES;
  }

  /** Makes a copy of a card as it is now, if there is room. */
  add({ bytes }: CardMemory, at: number): void {
    if (at >= INDEXED_BYTES) return;
    const isZero = bytes.subarray(at, at + CARD_BYTES).every((byte) => byte === 0);
    const copy = isZero ? COPIES : this.end;
    if (copy === COPIES_END) return;
    if (!isZero) {
      bytes.copyWithin(copy, at, at + CARD_BYTES);
      this.#used++;
    }
    setIndex(bytes, at, copy >>> CARD_SHIFT);
    this.#cards.push(at);
  }

  /** Takes all copies out of the memory. */
  clear({ bytes }: CardMemory): void {
    for (const at of this.#cards) setIndex(bytes, at, 0);
    bytes.fill(0, RESTORED_LIST, this.end);
    this.#cards.length = 0;
    this.#used = 1;
  }
}

/** Address in the index for an address, to a card. */
export function indexAt(address: number): number {
  return COPY_INDEX + 2 * (address >>> CARD_SHIFT);
}

function setIndex(bytes: Uint8Array, at: number, copy: number): void {
  const index = indexAt(at);
  bytes[index] = copy & 0xff;
  bytes[index + 1] = copy >>> 8;
}
