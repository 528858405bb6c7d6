import { SandglassError } from '@sandglass/core';
import { type AnyNode, parse } from 'acorn';

import { LineIndex } from './line-index.js';
import { forAwaitHelper } from './for-await.js';
import type { YieldLoop } from './scan-frame.js';
import { MAX_LOOPS } from './scanner.js';
import type { PositionMapper } from './source-map.js';

/** A source that was rewritten, and the map of its positions to the author's source. */
export interface RewrittenSource {
  code: string;
  /** From a position in `code` to the one in the source. */
  toOriginal: PositionMapper;
}

/** Loops inside of the loops that are rewritten: far more than the engine has a stack for. */
const MAX_DEPTH = 500;
/** Characters of iterables that are searched for the loop's own names, over all loops. */
const MAX_SEARCHED = 1024 * 1024;
/** Characters of a loop's head that are parsed for the names in it. */
const MAX_PARSED = 1024;
/** Names that are tried for the temporary. */
const MAX_NAME_LENGTH = 13;
const NAMES = /[\p{ID_Continue}$]+/gu;

/** A loop, and the loops inside of what is moved and wrapped. */
interface Node extends YieldLoop {
  inner: Node[];
}

/** Text that stands for itself, or a part of the source. */
type Piece = string | { from: number; to: number };

/**
 * Moves each for-of iterable that contains `yield` into a temporary in front of the loop
 * (docs/contract.md §2): QuickJS cannot compile it in place. Everything else stays byte for byte,
 * and the line of everything outside of such a loop's head too.
 *
 * `label: for (const a of yield x) body` becomes `{const $of= yield x;label: for (const a of $of)
 * body}`, or, where the end of the body is not known, `for(let $of=[ yield x];$of.length;)label:
 * for (const a of $of.pop()) body`.
 *
 * A `for await` whose body has a known end is wrapped as well, see `for-await.ts`.
 *
 * @param loops as {@link scanModule} finds them.
 * @returns null if there is none.
 * @throws {SandglassError} `E_LOAD` for more of them, or deeper ones, than are rewritten.
 */
export function rewriteForOfYield(source: string, loops: readonly YieldLoop[]): RewrittenSource | null {
  if (loops.length === 0) return null;
  if (loops.length > MAX_LOOPS) throw tooMany(`more than ${MAX_LOOPS}`);
  const pieces: Piece[] = [];
  const writer = new Writer(source, pieces);
  writer.write(0, source.length, toTree(loops));
  if (writer.helper) pieces.push(`\n${writer.helper}`);
  const code = pieces.map((piece) => (typeof piece === 'string' ? piece : source.slice(piece.from, piece.to))).join('');
  return { code, toOriginal: createPositionMapper(source, code, pieces) };
}

function tooMany(how: string): SandglassError {
  return new SandglassError('E_LOAD', `Cannot compile loops of the form "for (const a of yield b)": there are ${how}`);
}

/** Nests the loops as their texts are. */
function toTree(loops: readonly YieldLoop[]): Node[] {
  const root: Node[] = [];
  const open: Node[] = [];
  for (const loop of loops.toSorted((a, b) => a.start - b.start || b.closing - a.closing)) {
    while (open.length > 0 && endOf(open.at(-1)!) <= loop.start) open.pop();
    if (open.length >= MAX_DEPTH) throw tooMany(`more than ${MAX_DEPTH} inside of each other`);
    const node: Node = { ...loop, inner: [] };
    (open.at(-1)?.inner ?? root).push(node);
    open.push(node);
  }
  return root;
}

/** Where the text that belongs to a rewritten loop ends; a body of unknown end does not. */
function endOf({ end, closing }: YieldLoop): number {
  return end ?? closing;
}

class Writer {
  readonly #source: string;
  readonly #pieces: Piece[];
  readonly #name: string;
  /** Text of the function that wrapped loops call; undefined while there is none. */
  helper: string | undefined;
  #searched = 0;
  /** By the text of their head. */
  readonly #bound = new Map<string, ReadonlySet<string>>();

  constructor(source: string, pieces: Piece[]) {
    this.#source = source;
    this.#pieces = pieces;
    this.#name = freeName(source);
  }

  /** Writes a part of the source with the loops in it rewritten. */
  write(from: number, to: number, loops: readonly Node[]): void {
    let at = from;
    for (const loop of loops) {
      if (loop.start < from || loop.start >= to) continue;
      this.#copy(at, loop.start);
      this.#writeLoop(loop);
      at = endOf(loop);
    }
    this.#copy(at, to);
  }

  /**
   * The head moves behind the iterable, not the iterable before the head: it is the part that
   * seldom has line breaks. Comments and parentheses around the iterable stay with it, as the cuts
   * are at the tokens `of` and `)`.
   */
  #writeLoop(loop: Node): void {
    const { start, afterOf, closing, end, inner, isAwait, isPlain } = loop;
    const name = this.#name;
    if (isAwait && end !== undefined) return this.#writeAwait(loop, end);
    if (isPlain) return this.write(start, closing, inner);
    const own = this.#ownNames(loop);
    const isBlock = end !== undefined;
    if (!isBlock) this.#pieces.push(`for(let ${name}=[`);
    else this.#pieces.push(own.length > 0 ? `{let ${name};${name}:{${name}=` : `{const ${name}=`);
    this.write(afterOf, closing, inner);
    if (!isBlock) this.#pieces.push(`]${own.map((one) => `,${one}`).join('')};${name}.length;)`);
    // `let` is never reached: TDZ for ever
    else this.#pieces.push(own.length > 0 ? `;break ${name};let ${own.join()};}` : ';');
    this.write(start, afterOf, inner);
    this.#pieces.push(isBlock ? ` ${name}` : ` ${name}.pop()`);
    if (!isBlock) return;
    this.write(closing, end, inner);
    this.#pieces.push('}');
  }

  /**
   * In front of the labels, so that `continue label` stays what it is. An iterable with `yield` is
   * moved once more, by itself.
   */
  #writeAwait(loop: Node, end: number): void {
    const { start, afterOf, closing, inner, isPlain } = loop;
    const [name, state] = [this.#name, `${this.#name}Await`];
    this.helper ??= forAwaitHelper(state);
    const isMoved = !isPlain && this.#ownNames(loop).length === 0;
    if (isMoved) {
      this.#pieces.push(`{const ${name}=`);
      this.write(afterOf, closing, inner);
      this.#pieces.push(';');
    }
    this.#pieces.push(`{const ${name}Loop=${state}();try{`);
    this.write(start, afterOf, inner);
    this.#pieces.push(` ${name}Loop.open(`);
    if (isMoved) this.#pieces.push(name);
    else this.write(afterOf, closing, inner);
    this.#pieces.push(')');
    this.write(closing, end, inner);
    this.#pieces.push(
      `}catch(${name}){throw ${name}Loop.fail(${name})}finally{await ${name}Loop.close()}}${isMoved ? '}' : ''}`,
    );
  }

  #copy(from: number, to: number): void {
    if (from < to) this.#pieces.push({ from, to });
  }

  /**
   * The loop's own variables if the iterable can see them: they are not initialised while it is
   * evaluated.
   */
  #ownNames({ left, afterOf, closing }: YieldLoop): string[] {
    const head = this.#source.slice(...left);
    if (!/^\s*(?:const|let)\b/.test(head) || head.length > MAX_PARSED) return [];
    this.#searched += closing - afterOf;
    if (this.#searched > MAX_SEARCHED) return [];
    const names = new Set(head.match(NAMES));
    const seen = this.#source.slice(afterOf, closing).match(NAMES) ?? [];
    if (!seen.some((name) => name === 'eval' || names.has(name))) return [];
    const bound = this.#bound.get(head) ?? boundNames(head);
    this.#bound.set(head, bound);
    return seen.some((name) => name === 'eval' || bound.has(name)) ? [...bound] : [];
  }
}

/** Names that the head of a loop declares. */
function boundNames(head: string): ReadonlySet<string> {
  const names = new Set<string>();
  try {
    const { body } = parse(`function*g(){for(${head} of[]);}`, { ecmaVersion: 'latest', sourceType: 'module' });
    collectNames(body, names);
  } catch {
    return names; // the engine refuses it as well
  }
  return names;
}

/** Names that the patterns of the declarations below a node bind. */
function collectNames(nodes: readonly AnyNode[], names: Set<string>): void {
  const stack: (AnyNode | null | undefined)[] = [...nodes];
  while (stack.length > 0) {
    const node = stack.pop();
    switch (node?.type) {
      case 'FunctionDeclaration':
        stack.push(node.body);
        break;
      case 'BlockStatement':
        stack.push(...node.body);
        break;
      case 'ForOfStatement':
        stack.push(node.left);
        break;
      case 'Identifier':
        names.add(node.name);
        break;
      case 'VariableDeclaration':
        stack.push(...node.declarations.map((declarator) => declarator.id));
        break;
      case 'ObjectPattern':
        stack.push(...node.properties);
        break;
      case 'Property':
        stack.push(node.value);
        break;
      case 'ArrayPattern':
        stack.push(...node.elements);
        break;
      case 'AssignmentPattern':
        stack.push(node.left);
        break;
      case 'RestElement':
        stack.push(node.argument);
        break;
    }
  }
}

/** Text that was added leads to what follows it in the source. */
function createPositionMapper(source: string, code: string, pieces: readonly Piece[]): PositionMapper {
  const froms: number[] = [];
  const starts: number[] = [];
  let start = 0;
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      starts.push(start);
      froms.push(piece.from);
    }
    start += typeof piece === 'string' ? piece.length : piece.to - piece.from;
  }
  let lines: { ofCode: LineIndex; ofSource: LineIndex } | undefined;
  return ({ file, line, column }) => {
    lines ??= { ofCode: new LineIndex(code), ofSource: new LineIndex(source) };
    const offset = lines.ofCode.offsetOf(line, column);
    const i = starts.findLastIndex((one) => one <= offset);
    return { file, ...lines.ofSource.positionOf((froms[i] ?? 0) + offset - (starts[i] ?? 0)) };
  };
}

/** `$of`, with as many `$` as make it new to the source. */
function freeName(source: string): string {
  for (let name = '$of'; name.length < MAX_NAME_LENGTH; name += '$') if (!source.includes(name)) return name;
  throw new SandglassError(
    'E_LOAD',
    'Cannot compile loops of the form "for (const a of yield b)": no name is left for the iterable',
  );
}
