import { BEFORE_OPERAND, BEFORE_STATEMENT, BRANCHING, HEADS, RESTRICTED, STARTERS } from './keywords.js';
import { Lexer } from './lexer.js';
import { mayHoldNul } from './needs-scan.js';
import { type Expects, Frame, type ImportClause, NONE, type YieldLoop } from './scan-frame.js';

/** What a module has that the engine must not get as it is. */
export interface ScannedModule {
  /** In the order of their closing parentheses. */
  loops: YieldLoop[];
  /** As many as {@link MAX_IMPORTS}. */
  imports: ImportClause[];
  /** The first specifier of an import that holds a NUL, as it is written, quotes included. */
  nulSpecifier: string | undefined;
}

/** The engine's own parser gives up far earlier. */
const MAX_DEPTH = 100_000;
/** Loops that are looked for; each is cut and moved. Published extensions have three. */
export const MAX_LOOPS = 1_000;
/** Imports that are kept, and words of one. */
const MAX_IMPORTS = 100;

/**
 * Walks over the tokens of a module: see `scan-module.ts`. What it has found is complete once
 * `step` says false.
 */
export class Scanner implements ScannedModule {
  readonly loops: YieldLoop[] = [];
  readonly imports: ImportClause[] = [];
  nulSpecifier: string | undefined;
  #words: ImportClause['words'] = [];
  readonly #source: string;
  readonly #lexer: Lexer;
  readonly #frames: Frame[] = [];
  #top: Frame = new Frame('block', 'statement', true);
  #expects: Expects = 'statement';
  /** Text and end of the token before. */
  #before = '';
  #endBefore = 0;
  /** What was between the parentheses that the token before has closed. */
  #closed: Frame | undefined;
  /** `for` or another statement whose parentheses come next, and where it starts. */
  #head: { word: string; start: number; isAwait?: boolean } | undefined;
  /** Start of the labels that end with the token before: a colon, or a name that one may follow. */
  #label: number | undefined;
  /** Behind `export`, `default` and their `async`: a function or class is a declaration. */
  #declares = false;
  #isInImport = false;

  constructor(source: string) {
    this.#source = source;
    this.#lexer = new Lexer(source);
  }

  get position(): number {
    return this.#lexer.end;
  }

  /** Takes one token. @returns false at the end, or where the brackets do not match. */
  step(): boolean {
    const lexer = this.#lexer;
    lexer.next(this.#expects !== 'operator');
    if (lexer.type === 'space') return true;
    if (lexer.type === 'end' || this.#frames.length > MAX_DEPTH || this.loops.length > MAX_LOOPS) return false;
    const top = this.#top;
    const label = this.#label;
    this.#label = undefined;
    if (top.bodies.length > 0) this.#followBody(top);
    if (lexer.type === 'word') this.#takeWord(this.#before === ':' ? label : undefined);
    else if (lexer.type === 'punctuator') {
      if (!this.#takePunctuator(label)) return false;
    } else this.#takeLiteral();
    if (lexer.type !== 'word') this.#declares = false;
    this.#before = lexer.text;
    this.#endBefore = lexer.end;
    return true;
  }

  #takeLiteral(): void {
    const { type, start, end } = this.#lexer;
    const isSpecifier = this.#isInImport && (this.#before === 'from' || this.#before === 'import');
    if (isSpecifier && type === 'string') {
      const specifier = this.#source.slice(start, end);
      if (this.imports.length < MAX_IMPORTS)
        this.imports.push({ specifier: specifier.slice(1, -1), start, words: this.#words });
      const isClosed = end - start > 1 && specifier.endsWith(specifier.charAt(0));
      // `\\0` is no NUL
      if (isClosed && mayHoldNul(specifier.replaceAll('\\\\', ''))) this.nulSpecifier ??= specifier;
    }
    this.#isInImport = this.#isInImport && this.#frames.length > 0;
    this.#expects = 'operator';
  }

  #takeWord(label: number | undefined): void {
    const { text, start, isOnNewLine } = this.#lexer;
    const top = this.#top;
    if (top.kind === 'class' && this.#expects !== 'operand' && text !== 'in' && text !== 'instanceof')
      top.isInValue = false;
    const isKey = (top.kind === 'object' || top.kind === 'class') && !top.isInValue;
    if (isKey && this.#isInImport && this.#words.length < MAX_IMPORTS) this.#words.push({ text, start });
    if (isKey || this.#before === '.' || this.#before === '?.' || this.#before === '#') {
      this.#expects = 'operator';
      return;
    }
    if (text !== 'await') this.#head = undefined;
    else if (this.#head) this.#head.isAwait = true;
    const isStart = this.#expects === 'statement' || (this.#expects === 'operator' && isOnNewLine);
    const declares = this.#declares || (this.#expects !== 'operand' && this.#before !== 'async');
    this.#declares = text === 'export' || text === 'default' || (text === 'async' && declares);
    if (text === 'import' || text === 'export') this.#startImport(isStart);
    else if (BEFORE_OPERAND.has(text) || text === 'function' || text === 'class') this.#isInImport = false;
    if (HEADS.has(text)) {
      this.#head = { word: text, start: label ?? start };
      this.#expects = text === 'catch' ? 'statement' : 'operand'; // it needs no parentheses
    } else if (text === 'function') {
      top.afterFunction = declares ? 'statement' : 'operator';
      this.#expects = 'operand';
    } else if (text === 'class') this.#startClass(declares ? 'statement' : 'operator');
    else if (BEFORE_STATEMENT.has(text)) this.#expects = 'statement';
    else if (text === 'of' && top.loop && !top.loop.of && this.#expects === 'operator') this.#takeOf(top.loop);
    else {
      if (isStart) this.#label = label ?? start; // if a colon follows
      if (text === 'yield') top.hasYield = true;
      this.#expects = BEFORE_OPERAND.has(text) ? 'operand' : 'operator';
    }
  }

  #startImport(isStart: boolean): void {
    this.#isInImport = isStart && this.#frames.length === 0;
    this.#words = [];
  }

  #startClass(after: Expects): void {
    if (this.#top.classes === 0) this.#top.afterClass = after;
    this.#top.classes += 1;
    this.#expects = 'operand';
  }

  #takeOf(loop: NonNullable<Frame['loop']>): void {
    loop.of = [this.#lexer.start, this.#lexer.end];
    this.#top.hasYield = false;
    this.#expects = 'operand';
  }

  #takePunctuator(label: number | undefined): boolean {
    const { text } = this.#lexer;
    const top = this.#top;
    const head = this.#head;
    this.#head = undefined;
    switch (text) {
      case '(':
        this.#openParenthesis(head);
        return true;
      case '[':
      case '${':
        this.#push(new Frame(text, 'operator'), 'operand');
        return true;
      case '{':
        this.#openBrace();
        return true;
      case ')':
      case ']':
      case '}':
        return this.#close(text);
      case '++':
      case '--':
        if (this.#expects !== 'operator' || this.#lexer.isOnNewLine) this.#expects = 'operand';
        return true;
      case ';':
        top.conditions = 0;
        top.isInValue = false;
        this.#isInImport = false;
        this.#expects = top.kind === 'block' || top.kind === 'class' ? 'statement' : 'operand';
        return true;
      case ':':
        this.#takeColon(top, label);
        return true;
      case ',':
        if (top.kind === 'object') top.isInValue = false;
        break;
      case '?':
        top.conditions += 1;
        break;
      case '=':
      case '...':
        top.isInValue = true;
        break;
      default:
    }
    if (text !== ',' && text !== '*') this.#isInImport = false;
    this.#expects = 'operand';
    return true;
  }

  #takeColon(top: Frame, label: number | undefined): void {
    const isLabel = top.conditions === 0 && top.kind === 'block';
    if (top.conditions > 0) top.conditions -= 1;
    else top.isInValue = true;
    if (isLabel) this.#label = label;
    this.#expects = isLabel ? 'statement' : 'operand';
  }

  #openParenthesis(head: { word: string; start: number; isAwait?: boolean } | undefined): void {
    const frame = new Frame('(', head ? 'statement' : 'operator');
    frame.isHead = head !== undefined;
    if (head?.word === 'for') frame.loop = { start: head.start, open: this.#lexer.end, isAwait: head.isAwait === true };
    frame.afterFunction = this.#top.afterFunction;
    this.#top.afterFunction = undefined;
    this.#isInImport = false;
    this.#push(frame, 'operand');
  }

  #openBrace(): void {
    const outer = this.#top;
    const frame = this.#frameOfBrace(outer);
    if (outer.bodies.length > 0 && !outer.isInBody) {
      frame.ends = outer.bodies;
      outer.bodies = NONE;
    }
    this.#push(frame, frame.kind === 'object' ? 'operand' : 'statement');
  }

  #frameOfBrace(outer: Frame): Frame {
    const closed = this.#before === ')' ? this.#closed : undefined;
    if (closed?.isHead) return new Frame('block', 'statement');
    if (closed?.afterFunction) return new Frame('block', closed.afterFunction, true);
    if (outer.classes > 0 && (this.#expects === 'operator' || this.#before === 'class')) {
      outer.classes -= 1;
      return new Frame('class', outer.classes === 0 ? outer.afterClass : 'operator');
    }
    if (this.#before === '=>') return new Frame('block', 'statement', true);
    if (outer.kind === 'class' && !outer.isInValue) return new Frame('block', 'statement', true);
    if (outer.kind === 'object' && !outer.isInValue && closed) return new Frame('block', 'operator', true);
    const isNewStatement = this.#lexer.isOnNewLine && RESTRICTED.has(this.#before);
    if (this.#expects === 'operand' && !isNewStatement) return new Frame('object', 'operator');
    return new Frame('block', 'statement');
  }

  #push(frame: Frame, expects: Expects): void {
    this.#frames.push(this.#top);
    this.#top = frame;
    this.#expects = expects;
  }

  #close(text: string): boolean {
    const frame = this.#top;
    const outer = this.#frames.pop();
    const isMatch = text === '}' ? frame.kind !== '(' && frame.kind !== '[' : frame.kind === (text === ')' ? '(' : '[');
    if (!outer || !isMatch) return false;
    this.#top = outer;
    if (frame.hasYield && !frame.isFunction) outer.hasYield = true;
    for (const loop of frame.ends) loop.end = this.#lexer.end;
    this.#expects = frame.after;
    this.#closed = frame;
    if (frame.kind === '${') {
      this.#lexer.takeTemplate(this.#lexer.end);
      if (this.#lexer.type === 'punctuator') this.#push(new Frame('${', 'operator'), 'operand');
    } else if (frame.loop?.of && (frame.hasYield || frame.loop.isAwait))
      this.#addLoop(frame, frame.loop, frame.loop.of);
    return true;
  }

  #addLoop(
    { hasYield }: Frame,
    { start, open, isAwait }: NonNullable<Frame['loop']>,
    of: readonly [number, number],
  ): void {
    const loop: YieldLoop = { start, left: [open, of[0]], afterOf: of[1], closing: this.#lexer.start };
    if (isAwait) loop.isAwait = true;
    if (!hasYield) loop.isPlain = true;
    this.loops.push(loop);
    if (this.#top.bodies.length > 0) this.#top.bodies.push(loop);
    else this.#top.bodies = [loop];
    this.#top.isInBody = false;
  }

  /**
   * Looks for the end of the body of loops: behind its block or semicolon, or before what cannot
   * belong to it.
   */
  #followBody(top: Frame): void {
    const { type, text, end } = this.#lexer;
    const isWord = type === 'word' && this.#before !== '.' && this.#before !== '?.';
    if (type === 'punctuator' && text === ';') this.#endBodies(top, end);
    else if (type === 'punctuator' && text === '}') this.#endBodies(top, this.#endBefore);
    else if (top.isInBody) {
      if (isWord && this.#before === 'async' && text === 'function') top.bodies = NONE;
      else if (isWord && STARTERS.has(text) && this.#expects !== 'operand') this.#endBodies(top, this.#endBefore);
      // a label
      else if (text === ':' && type === 'punctuator' && top.conditions === 0) top.isInBody = false;
    } else if (isWord && BRANCHING.has(text)) top.bodies = NONE;
    else if (!(this.#head ?? (isWord && HEADS.has(text))) && text !== '{') top.isInBody = true;
  }

  #endBodies(top: Frame, end: number): void {
    for (const loop of top.bodies) loop.end = end;
    top.bodies = NONE;
  }
}
