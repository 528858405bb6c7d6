import { type AnyNode, type ForOfStatement, type Program, tokenizer } from 'acorn';
import { MagicString } from 'magic-string';

import { childrenOf, descendants } from './syntax.js';

/** Nodes whose `yield` belongs to themselves. A class is not among them: its heritage and computed keys run outside. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionExpression',
  'FunctionDeclaration',
  'ArrowFunctionExpression',
]);

/** A source with other text than the author's, and the way back. */
export interface RewrittenSource {
  code: string;
  /** Made when asked for: few calls ever map a stack. */
  toSourceMap(): DecodedSourceMap;
}

/** A source map with decoded mappings, as `TraceMap` takes it. */
export type DecodedSourceMap = ReturnType<MagicString['generateDecodedMap']>;

/**
 * Moves each for-of iterable that contains `yield` into a temporary in front of the loop (CONTRACT §2): QuickJS cannot
 * compile it in place. Everything else stays byte for byte, and the line of everything outside of such a loop's head too.
 *
 * `label: for (const a of yield x) body` becomes `{const $of= yield x;label: for (const a of $of) body}`.
 *
 * @param program the parsed source.
 * @returns null if there is no such loop.
 */
export function rewriteForOfYield(source: string, program: Program): RewrittenSource | null {
  const text = new MagicString(source);
  const name = freeName(source);
  // The statement starts at its outermost label: `continue label` needs the label on the loop itself.
  const stack: { node: AnyNode; start: number }[] = [{ node: program, start: program.start }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, start } = next;
    if (node.type === 'ForOfStatement' && holdsYield(node.right)) rewriteLoop(text, node, start, name);
    for (const child of childrenOf(node)) {
      stack.push({ node: child, start: node.type === 'LabeledStatement' && child === node.body ? start : child.start });
    }
  }
  if (!text.hasChanged()) return null;
  return { code: text.toString(), toSourceMap: () => text.generateDecodedMap({ hires: 'boundary' }) };
}

/**
 * The head moves behind the iterable, not the iterable before the head: it is the part that seldom has line breaks.
 * Comments and parentheses around the iterable stay with it, as the cuts are at the tokens `of` and `)`.
 */
function rewriteLoop(text: MagicString, loop: ForOfStatement, start: number, name: string): void {
  const { left, right, body, end } = loop;
  const afterOf = left.end + lastToken(text.original.slice(left.end, right.start), 'of').end;
  const closing = right.end + lastToken(text.original.slice(right.end, body.start), ')').start;
  const names = left.type === 'VariableDeclaration' && left.kind !== 'var' ? boundNames(left) : new Set<string>();
  const [open, close] = mentions(right, names)
    ? [`{let ${name};${name}:{${name}=`, `;break ${name};let ${[...names].join()};}`] // `let` is never reached: TDZ for ever
    : [`{const ${name}=`, ';'];
  text.move(start, afterOf, closing);
  text.prependRight(afterOf, open);
  text.appendLeft(closing, close);
  text.appendLeft(afterOf, ` ${name}`);
  text.appendLeft(end, '}');
}

function holdsYield(iterable: AnyNode): boolean {
  if (FUNCTIONS.has(iterable.type)) return false;
  for (const node of descendants(iterable, (inner) => !FUNCTIONS.has(inner.type))) {
    if (node.type === 'YieldExpression') return true;
  }
  return false;
}

/** Whether an iterable can see the loop's own variables, which are not initialised while it is evaluated. */
function mentions(iterable: AnyNode, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  for (const node of descendants(iterable)) {
    if (node.type === 'Identifier' && (names.has(node.name) || node.name === 'eval')) return true;
  }
  return false;
}

/** Names that a declaration's pattern binds. */
function boundNames(declaration: AnyNode): Set<string> {
  const names = new Set<string>();
  const stack: (AnyNode | null | undefined)[] = [declaration];
  while (stack.length > 0) {
    const node = stack.pop();
    switch (node?.type) {
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
  return names;
}

/** The last token with that text; between a loop's parts there are only `of`, parentheses and comments. */
function lastToken(text: string, wanted: string): { start: number; end: number } {
  let found = { start: 0, end: 0 };
  for (const token of tokenizer(text, { ecmaVersion: 'latest' })) {
    if (text.slice(token.start, token.end) === wanted) found = token;
  }
  return found;
}

/** `$of`, with more `$` than any such name in the source has. */
function freeName(source: string): string {
  let longest = '';
  for (const [name] of source.matchAll(/\$of\$*/g)) if (name.length > longest.length) longest = name;
  return longest === '' ? '$of' : `${longest}$`;
}
