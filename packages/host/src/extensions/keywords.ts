/** Words whose parentheses or block belong to a statement. */
export const HEADS: ReadonlySet<string> = new Set(['if', 'while', 'for', 'with', 'switch', 'catch']);

/** A new statement can follow; for the last three, behind a line end. */
export const BEFORE_STATEMENT: ReadonlySet<string> = new Set('else do try finally break continue debugger'.split(' '));

/** An expression follows, or a pattern. */
export const BEFORE_OPERAND: ReadonlySet<string> = new Set(
  'return throw typeof instanceof in delete void new await yield extends case default const let var import export'.split(
    ' ',
  ),
);

/** A statement cannot go on with one of these behind an operand. */
export const STARTERS: ReadonlySet<string> = new Set([
  ...HEADS,
  ...BEFORE_STATEMENT,
  ...'return throw const let var function class case default'.split(' '),
]);

/** Bodies whose end is not that of their first block or expression. */
export const BRANCHING: ReadonlySet<string> = new Set(['if', 'do', 'try', 'switch', 'with']);

/** A line end behind one of these ends the statement. */
export const RESTRICTED: ReadonlySet<string> = new Set(['return', 'yield', 'throw']);
