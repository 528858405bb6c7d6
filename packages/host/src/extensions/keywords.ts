/** Words whose parentheses or block belong to a statement. */
export const HEADS: ReadonlySet<string> = new Set(['if', 'while', 'for', 'with', 'switch', 'catch']);

/** Words that a new statement can follow; for the last three, behind a line end. */
export const BEFORE_STATEMENT: ReadonlySet<string> = new Set('else do try finally break continue debugger'.split(' '));

/** Words that an expression or a pattern follows. */
export const BEFORE_OPERAND: ReadonlySet<string> = new Set(
  'return throw typeof instanceof in delete void new await yield extends case default const let var import export'.split(
    ' ',
  ),
);

/** Words with which a statement cannot go on behind an operand. */
export const STARTERS: ReadonlySet<string> = new Set([
  ...HEADS,
  ...BEFORE_STATEMENT,
  ...'return throw const let var function class case default'.split(' '),
]);

/** Statements whose end is not that of their first block or expression. */
export const BRANCHING: ReadonlySet<string> = new Set(['if', 'do', 'try', 'switch', 'with']);

/** Words behind which a line end ends the statement. */
export const RESTRICTED: ReadonlySet<string> = new Set(['return', 'yield', 'throw']);
