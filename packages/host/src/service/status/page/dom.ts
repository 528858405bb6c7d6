const SVG = 'http://www.w3.org/2000/svg';

/**
 * What an element may hold; `undefined` is left out. All text goes in as text nodes: nothing an
 * extension says is markup.
 */
export type Child = Node | string | undefined;

/** The element of the page's markup. @throws {Error} if there is none. */
export function byId(id: string): Element {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}`);
  return found;
}

/** Makes an element of HTML. @param className empty for none. */
export function element(tag: string, className: string, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** Makes an element of SVG. */
export function shape(tag: string, attributes: Readonly<Record<string, string | number>>, text?: string): SVGElement {
  // of this namespace there is nothing else
  const made = document.createElementNS(SVG, tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}
