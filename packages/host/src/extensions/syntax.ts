import { type AnyNode, type Options, Parser, type Program } from 'acorn';

/** What acorn keeps of scopes, which its types do not show. */
interface ScopeKeeper {
  declareName(): void;
  checkLocalExport(): void;
}

/**
 * Without scopes: acorn's take time by the square of what is declared, and the engine checks them
 * all the same.
 */
const Scopeless: typeof Parser = Parser.extend(
  (Base) =>
    class extends (Base as unknown as new (options: Options, input: string) => ScopeKeeper) {
      override declareName(): void {}
      override checkLocalExport(): void {}
    } as unknown as typeof Parser,
);

/**
 * A module, or why it is none. `index` is where; absent if it is nested too deeply for the parser.
 */
export type ParsedModule =
  | { program: Program; error?: undefined }
  | { program?: undefined; error: { message: string; index?: number } };

/**
 * Parses an ES module, for a developer's tools. A host scans sources instead: a tree takes a
 * hundred times the memory.
 *
 * What scopes forbid, such as a name declared twice, is left to the engine.
 */
export function parseModule(source: string): ParsedModule {
  try {
    return { program: Scopeless.parse(source, { ecmaVersion: 'latest', sourceType: 'module' }) };
  } catch (error) {
    if (!(error instanceof SyntaxError) || error.message.startsWith('Not enough stack'))
      return { error: { message: 'It is nested too deeply to be looked at' } };
    const { pos } = error as SyntaxError & { pos?: number }; // acorn's errors have one
    return {
      error: { message: error.message.replace(/ \(\d+:\d+\)$/, ''), ...(pos === undefined ? {} : { index: pos }) },
    };
  }
}

/** The nodes directly below a node, in no particular order. */
export function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield item;
    } else if (isNode(value)) yield value;
  }
}

/**
 * A node and all below it, without recursion. `enters` says into which nodes to go; the first is
 * always entered.
 */
export function* descendants(root: AnyNode, enters: (node: AnyNode) => boolean = () => true): Generator<AnyNode> {
  const stack = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    yield node;
    // a call takes only so many
    if (node === root || enters(node)) for (const child of childrenOf(node)) stack.push(child);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
