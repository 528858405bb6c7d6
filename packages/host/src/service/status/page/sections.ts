import { byId } from './dom.js';

/** What each section was made of last. */
const made = new Map<string, string>();

/**
 * Fills an element of the page, unless it shows the same already: what a reader has selected or
 * scrolled to stays. What he has opened stays open.
 *
 * @param from all that the content is made of.
 */
export function fill(id: string, from: unknown, build: () => readonly Node[]): void {
  const text = JSON.stringify(from);
  if (made.get(id) === text) return;
  made.set(id, text);
  const section = byId(id);
  const opened = new Set(Array.from(section.querySelectorAll('details[open]'), keyOf));
  section.replaceChildren(...build());
  for (const details of section.querySelectorAll('details')) details.open = opened.has(keyOf(details));
}

/** The same with cards, which say all that they are made of. */
export function fillCards(id: string, cards: readonly HTMLElement[]): void {
  const texts = cards.map(({ textContent }) => textContent);
  fill(id, texts, () => cards);
}

function keyOf(details: Element): string {
  return (details as HTMLElement).dataset['key'] ?? '';
}
