import { byId, type Child, element } from './dom.js';

/** A head of a column; one that begins with `#` is of numbers. */
type Head = string;
type Cell = Child | readonly Child[];

/** What a table shows. */
export interface TableContent {
  heads: readonly Head[];
  /** Each as long as `heads`. */
  rows: readonly (readonly Cell[])[];
  /** Stands for the rows if there are none. */
  nothing: string;
}

/** Fills a table. @param id of the table. */
export function fillTable(id: string, { heads, rows, nothing }: TableContent): void {
  if (rows.length === 0) {
    const cell = element('td', 'empty', nothing);
    return byId(id).replaceChildren(element('tbody', '', element('tr', '', cell)));
  }
  const classes = heads.map((head) => (head.startsWith('#') ? 'n' : ''));
  const head = heads.map((text, i) => element('th', classes[i] ?? '', text.replace('#', '')));
  const body = rows.map((row) =>
    element('tr', '', ...row.map((cell, i) => element('td', classes[i] ?? '', ...[cell].flat()))),
  );
  byId(id).replaceChildren(element('thead', '', element('tr', '', ...head)), element('tbody', '', ...body));
}
