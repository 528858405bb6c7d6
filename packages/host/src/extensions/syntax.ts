import { type AnyNode, type Program, parse } from 'acorn';

/**
 * Parses an ES module, or answers null for what acorn cannot read, or is too deep for it.
 *
 * For a developer's tools alone: the time goes by the square of what a source declares. A host scans it instead.
 */
export function parseModule(source: string): Program | null {
  try {
    return parse(source, { ecmaVersion: 'latest', sourceType: 'module' });
  } catch {
    return null;
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

/** A node and all below it, without recursion. `enters` says into which nodes to go; the first is always entered. */
export function* descendants(root: AnyNode, enters: (node: AnyNode) => boolean = () => true): Generator<AnyNode> {
  const stack = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    yield node;
    if (node === root || enters(node)) for (const child of childrenOf(node)) stack.push(child); // a call takes only so many
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
