import { type Child, element } from './dom.js';

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

/** Makes a table. On a narrow screen each row stands by itself, and each cell has its head. */
export function table({ heads, rows, nothing }: TableContent): HTMLElement {
  if (rows.length === 0) return element('p', 'empty', nothing);
  const classes = heads.map((head) => (head.startsWith('#') ? 'n' : ''));
  const names = heads.map((head) => head.replace('#', ''));
  const head = names.map((name, i) => {
    const made = element('th', classes[i] ?? '', name);
    made.setAttribute('scope', 'col');
    return made;
  });
  const body = rows.map((row) =>
    element(
      'tr',
      '',
      ...row.map((cell, i) => {
        const made = element('td', classes[i] ?? '', element('div', 'cell', ...[cell].flat()));
        made.dataset['head'] = names[i];
        return made;
      }),
    ),
  );
  return element('table', '', element('thead', '', element('tr', '', ...head)), element('tbody', '', ...body));
}
