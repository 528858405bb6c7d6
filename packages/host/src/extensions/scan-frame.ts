/**
 * A for-of loop with a `yield` in its iterable, or a `for await`. All are indices into the source.
 */
export interface YieldLoop {
  isAwait?: true;
  /** Whether there is no `yield` in its iterable. */
  isPlain?: true;
  /** Of the statement, its labels included. */
  start: number;
  /** Between its parenthesis and `of`. */
  left: readonly [start: number, end: number];
  afterOf: number;
  /** Its closing parenthesis. */
  closing: number;
  /** Behind its body; undefined where only a parser could tell, as behind `if`. */
  end?: number;
}

/** An import or export from another module, at the top of a module. */
export interface ImportClause {
  /** As it is written, without its quotes. */
  specifier: string;
  /** Index of its first quote. */
  start: number;
  /** Words between its braces: names, and `as`. */
  words: { text: string; start: number }[];
}

/** What can follow a token: a new statement, an operand, or an operator. */
export type Expects = 'statement' | 'operand' | 'operator';

export type FrameKind = 'block' | 'object' | 'class' | '(' | '[' | '${';

/** Most frames have none. */
export const NONE: YieldLoop[] = [];

/** The text between a pair of brackets, while it is scanned. */
export class Frame {
  readonly kind: FrameKind;
  /** What follows its end. */
  readonly after: Expects;
  readonly isFunction: boolean;
  /** A `yield` of this very function. Of the head of a for-of, only one in its iterable. */
  hasYield = false;
  /** `?` that wait for their `:`. */
  conditions = 0;
  /** In an object or class: whether a value is read, not a key. */
  isInValue = false;
  /** Classes whose body has not begun, and what follows the outermost. */
  classes = 0;
  afterClass: Expects = 'operator';
  /** What follows the body of a function whose parameters have not begun, or are in here. */
  afterFunction: Expects | undefined;
  /** Parentheses of a statement: `if (`. */
  isHead = false;
  loop: { start: number; open: number; isAwait: boolean; of?: readonly [start: number, end: number] } | undefined;
  /** Loops whose body is read: one may be the body of another. */
  bodies: YieldLoop[] = NONE;
  /** Whether a token of that body has been read. */
  isInBody = false;
  /** Loops that this block is the body of. */
  ends: YieldLoop[] = NONE;

  constructor(kind: FrameKind, after: Expects, isFunction = false) {
    this.kind = kind;
    this.after = after;
    this.isFunction = isFunction;
  }
}
