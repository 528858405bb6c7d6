/** A word is a name, a keyword or a number; a space is one that goes on for long. */
export type TokenType = 'word' | 'string' | 'template' | 'regex' | 'punctuator' | 'space' | 'end';

/** Characters of spaces and comments that are skipped at once. */
const MAX_SPACE = 64 * 1024;
const LINE_ENDS = /[\n\r\u2028\u2029]/g;
/** Punctuators that mean something else than their first character. */
const LONG: readonly string[] = ['=>', '...', '++', '--', '??'];

/**
 * Splits an ES module into tokens, in one pass and without memory. Whether a slash begins a regular
 * expression is for the caller to say. Text that is no JavaScript gives some tokens; the engine
 * refuses it later.
 */
export class Lexer {
  readonly #source: string;
  type: TokenType = 'punctuator';
  /** The text of a word or punctuator; the first character of other tokens. */
  text = '';
  start = 0;
  end = 0;
  /** Whether a line ends between the token before and this one. */
  isOnNewLine = false;

  constructor(source: string) {
    this.#source = source;
    if (source.startsWith('#!')) this.end = this.#endOfLine(0);
  }

  /** @param allowsRegex whether an expression may begin here. */
  next(allowsRegex: boolean): void {
    this.isOnNewLine &&= this.type === 'space';
    this.start = this.end;
    if (this.#skipSpace()) return this.#take('space', this.start);
    const source = this.#source;
    this.text = source.charAt(this.start);
    if (this.text === '') this.#take('end', this.start);
    else if (isWordPart(source.charCodeAt(this.start))) this.#takeWord();
    else if (this.text === '"' || this.text === "'") this.#take('string', this.#endOfString());
    else if (this.text === '`') this.takeTemplate(this.start + 1);
    else if (this.text === '/' && allowsRegex) this.#take('regex', this.#endOfRegex());
    else this.#takePunctuator();
  }

  /** Takes a template up to its end, or to what is put into it, which begins with `${`. */
  takeTemplate(from: number): void {
    const source = this.#source;
    let end = from;
    for (; end < source.length; end++) {
      const code = source.charCodeAt(end);
      if (code === 0x5c) end += 1;
      else if (code === 0x60) return this.#take('template', end + 1);
      else if (code === 0x24 && source.charCodeAt(end + 1) === 0x7b) {
        this.text = '${';
        return this.#take('punctuator', end + 2);
      }
    }
    this.#take('template', end);
  }

  #take(type: TokenType, end: number): void {
    this.type = type;
    this.end = Math.min(end, this.#source.length);
  }

  /** @returns whether more space or comments follow. */
  #skipSpace(): boolean {
    const source = this.#source;
    const enough = this.start + MAX_SPACE;
    for (let i = this.start; ;) {
      const code = source.charCodeAt(i);
      if (code === 0x2f && source.charCodeAt(i + 1) === 0x2f) i = this.#endOfLine(i);
      else if (code === 0x2f && source.charCodeAt(i + 1) === 0x2a) i = this.#endOfComment(i);
      else if (isSpace(code)) {
        if (isLineEnd(code)) this.isOnNewLine = true;
        i += 1;
      } else {
        this.start = i;
        return false;
      }
      if (i > enough) {
        this.start = i;
        return true;
      }
    }
  }

  #endOfLine(from: number): number {
    LINE_ENDS.lastIndex = from;
    return LINE_ENDS.exec(this.#source)?.index ?? this.#source.length;
  }

  #endOfComment(from: number): number {
    const found = this.#source.indexOf('*/', from + 2);
    const end = found === -1 ? this.#source.length : found + 2;
    for (let i = from; i < end && !this.isOnNewLine; i++) this.isOnNewLine = isLineEnd(this.#source.charCodeAt(i));
    return end;
  }

  #takeWord(): void {
    const source = this.#source;
    const isPart = isDigit(source.charCodeAt(this.start)) ? isNumberPart : isWordPart;
    let end = this.start;
    let code = source.charCodeAt(end);
    while (isPart(code)) {
      const isBraced = code === 0x5c && source.charCodeAt(end + 1) === 0x75 && source.charCodeAt(end + 2) === 0x7b;
      end = isBraced ? source.indexOf('}', end) + 1 || source.length : end + 1; // \u{61}
      code = source.charCodeAt(end);
    }
    this.#take('word', end);
    this.text = source.slice(this.start, end);
  }

  #takePunctuator(): void {
    const source = this.#source;
    const long = LONG.find((text) => source.startsWith(text, this.start));
    const isOptional = source.startsWith('?.', this.start) && !isDigit(source.charCodeAt(this.start + 2));
    this.text = long ?? (isOptional ? '?.' : this.text);
    this.#take('punctuator', this.start + this.text.length);
  }

  #endOfString(): number {
    const source = this.#source;
    const quote = source.charCodeAt(this.start);
    let end = this.start + 1;
    for (; end < source.length; end++) {
      const code = source.charCodeAt(end);
      if (code === quote) return end + 1;
      if (code === 0x5c) end += 1;
      else if (code === 0x0a || code === 0x0d) return end; // no string
    }
    return end;
  }

  #endOfRegex(): number {
    const source = this.#source;
    let isInClass = false;
    let end = this.start + 1;
    for (; end < source.length; end++) {
      const code = source.charCodeAt(end);
      if (isLineEnd(code)) return end; // no regular expression
      if (code === 0x5c) end += 1;
      else if (code === 0x5b) isInClass = true;
      else if (code === 0x5d) isInClass = false;
      else if (code === 0x2f && !isInClass) break;
    }
    for (end += 1; isWordPart(source.charCodeAt(end));) end += 1; // flags
    return end;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x20_28 || code === 0x20_29;
}

function isNumberPart(code: number): boolean {
  return code === 0x2e || isWordPart(code);
}

/** Letters, digits, `_`, `$`, `\` of an escape, and all beyond ASCII but spaces. */
function isWordPart(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    isDigit(code) ||
    code === 0x24 ||
    code === 0x5f ||
    code === 0x5c ||
    (code > 0x7f && !isSpace(code))
  );
}

function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0xa0) return false;
  return (
    code === 0xa0 || code === 0xfe_ff || isLineEnd(code) || (code >= 0x16_80 && /\s/.test(String.fromCharCode(code)))
  );
}
