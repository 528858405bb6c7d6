import type { AnyNode, Identifier, Pattern, Program } from 'acorn';

import { childrenOf } from '../extensions/syntax.js';

/** A name that a source uses without declaring it: a global, if it exists. */
export interface FreeName {
  name: string;
  /** Index of its first use in the source. */
  index: number;
  /** Whether one of its uses is `typeof name`, the way to ask whether it exists. */
  isTested: boolean;
}

/**
 * Names declared by a function, a block or the module. `var` and functions go to the nearest
 * function.
 */
interface Scope {
  names: Set<string>;
  isFunction: boolean;
  parent: Scope | undefined;
}

/** Scopes that may be searched for names, over all names: 1 s. */
const MAX_SEARCHED = 50_000_000;

/**
 * Finds the globals that a module uses.
 *
 * Names declared anywhere in an enclosing function or block are not free, whatever their order.
 *
 * @throws {RangeError} if it is nested too deeply, or has too many names in too many scopes.
 */
export function findFreeNames(program: Program): FreeName[] {
  const found = new Map<string, FreeName>();
  const module: Scope = { names: new Set(), isFunction: true, parent: undefined };
  declare(program, module);
  let searched = 0;
  visit(program, module, (identifier, scope, isTested) => {
    for (let current: Scope | undefined = scope; current; current = current.parent) {
      if (current.names.has(identifier.name)) return;
      if (++searched > MAX_SEARCHED) throw new RangeError('Too many names in too many scopes');
    }
    const known = found.get(identifier.name);
    if (!known) found.set(identifier.name, { name: identifier.name, index: identifier.start, isTested });
    else if (isTested) known.isTested = true;
  });
  return [...found.values()];
}

type Report = (identifier: Identifier, scope: Scope, isTested: boolean) => void;

function visit(node: AnyNode, scope: Scope, report: Report): void {
  switch (node.type) {
    case 'Identifier':
      return report(node, scope, false);
    case 'UnaryExpression':
      if (node.operator !== 'typeof' || node.argument.type !== 'Identifier') break;
      return report(node.argument, scope, true);
    case 'MemberExpression':
      visit(node.object, scope, report);
      if (node.computed) visit(node.property, scope, report);
      return;
    case 'Property':
    case 'PropertyDefinition':
    case 'MethodDefinition':
      if (node.computed) visit(node.key, scope, report);
      if (node.value) visit(node.value, scope, report);
      return;
    case 'LabeledStatement':
      return visit(node.body, scope, report);
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'ImportDeclaration':
    case 'MetaProperty':
      return;
    case 'ExportNamedDeclaration':
      if (node.declaration) visit(node.declaration, scope, report);
      else if (!node.source) for (const { local } of node.specifiers) visit(local, scope, report);
      return;
    default:
  }
  const inner = openScope(node, scope);
  for (const child of childrenOf(node)) visit(child, inner, report);
}

/** The scope inside a node, with what is declared directly in it. */
function openScope(node: AnyNode, scope: Scope): Scope {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      const names = new Set(node.type === 'ArrowFunctionExpression' ? [] : ['arguments']);
      if (node.type === 'FunctionExpression' && node.id) names.add(node.id.name);
      const inner = { names, isFunction: true, parent: scope };
      for (const parameter of node.params) bind(parameter, inner.names);
      declare(node.body, inner);
      return inner;
    }
    case 'ClassExpression':
      return { names: new Set(node.id ? [node.id.name] : []), isFunction: false, parent: scope };
    case 'CatchClause': {
      const inner = { names: new Set<string>(), isFunction: false, parent: scope };
      if (node.param) bind(node.param, inner.names);
      return inner;
    }
    case 'BlockStatement':
    case 'StaticBlock':
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'SwitchStatement': {
      const inner = { names: new Set<string>(), isFunction: node.type === 'StaticBlock', parent: scope };
      declare(node, inner);
      return inner;
    }
    default:
      return scope;
  }
}

/**
 * Adds what a node declares for a scope: everything directly in it, and `var` from any depth but
 * other functions.
 */
function declare(node: AnyNode, scope: Scope, depth = 0): void {
  for (const child of childrenOf(node)) {
    switch (child.type) {
      case 'ImportDeclaration':
        for (const { local } of child.specifiers) scope.names.add(local.name);
        break;
      case 'ExportNamedDeclaration':
      case 'ExportDefaultDeclaration':
        declare(child, scope, depth);
        break;
      case 'VariableDeclaration':
        if (child.kind === 'var' ? scope.isFunction : depth === 0)
          for (const { id } of child.declarations) bind(id, scope.names);
        break;
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        if (depth === 0 && child.id) scope.names.add(child.id.name);
        break;
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
      case 'ClassExpression':
      case 'StaticBlock':
        break;
      case 'SwitchCase':
        declare(child, scope, depth);
        break;
      default:
        if (scope.isFunction) declare(child, scope, depth + 1); // only `var` comes from there
    }
  }
}

/** Adds the names that a pattern binds. */
function bind(pattern: Pattern, names: Set<string>): void {
  switch (pattern.type) {
    case 'Identifier':
      names.add(pattern.name);
      break;
    case 'ObjectPattern':
      for (const property of pattern.properties)
        bind(property.type === 'Property' ? property.value : property.argument, names);
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element) bind(element, names);
      break;
    case 'AssignmentPattern':
      bind(pattern.left, names);
      break;
    case 'RestElement':
      bind(pattern.argument, names);
      break;
    case 'MemberExpression':
      break; // assigned to, not declared
    default:
      pattern satisfies never;
  }
}
