import type { AnyNode, Program } from 'acorn';

import { LineIndex } from '../extensions/line-index.js';
import { descendants, parseModule } from '../extensions/syntax.js';

/** Something that runs in Directus' own sandbox, and otherwise here. */
export interface Difference {
  code: 'state' | 'locale' | 'environment';
  message: string;
  /** Where in the source, counted from 1. */
  line: number;
  column: number;
}

/** Methods whose result depends on a locale, of which QuickJS has none. */
const LOCALE: ReadonlySet<string> = new Set([
  'toLocaleString',
  'toLocaleDateString',
  'toLocaleTimeString',
  'toLocaleUpperCase',
  'toLocaleLowerCase',
]);

type Found = Omit<Difference, 'line' | 'column'> & { index: number };

/**
 * Finds what of a source behaves otherwise than in Directus' sandbox, as far as it can be seen
 * without running it. What does not run at all is told by `findProblems`.
 */
export function findDifferences(source: string): Difference[] {
  const { program } = parseModule(source);
  if (!program) return [];
  const lines = new LineIndex(source);
  const found = [...findState(program), ...firsts([...descendants(program)].flatMap(look))];
  return found
    .sort((a, b) => a.index - b.index)
    .map(({ code, message, index }) => {
      const { line, column } = lines.positionOf(index);
      return { code, message, line, column };
    });
}

/** The first of each message: a bundle says the same many times. */
function firsts(found: readonly Found[]): Found[] {
  const byMessage = new Map<string, Found>();
  for (const one of found) {
    const first = byMessage.get(one.message);
    if (!first || one.index < first.index) byMessage.set(one.message, one);
  }
  return [...byMessage.values()];
}

/** Variables of the module that functions write to. */
function findState(program: Program): Found[] {
  const names = new Set(
    program.body.flatMap((node) =>
      node.type === 'VariableDeclaration' && node.kind !== 'const'
        ? node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
        : [],
    ),
  );
  const found: Found[] = [];
  for (const outer of descendants(program, (node) => !isFunction(node))) {
    if (!isFunction(outer)) continue;
    const inside = [...descendants(outer)];
    const own = new Set(inside.flatMap(declared));
    for (const node of inside) {
      const name = written(node);
      if (name === undefined || !names.has(name) || own.has(name)) continue;
      names.delete(name); // the first time is enough
      const message = `"${name}" is of the module, and is as it was at load in every call: each finds a pristine sandbox`;
      found.push({ code: 'state', message, index: node.start });
    }
  }
  return found;
}

function isFunction({ type }: AnyNode): boolean {
  return type.includes('Function');
}

/** Names that a node inside of a function declares, plain ones. */
function declared(node: AnyNode): string[] {
  const targets = node.type === 'VariableDeclarator' ? [node.id] : 'params' in node ? node.params : [];
  return targets.flatMap((target) =>
    [...descendants(target)].flatMap((one) => (one.type === 'Identifier' ? [one.name] : [])),
  );
}

/** The variable that an expression writes to. */
function written(node: AnyNode): string | undefined {
  const target =
    node.type === 'AssignmentExpression' ? node.left : node.type === 'UpdateExpression' ? node.argument : undefined;
  return target?.type === 'Identifier' ? target.name : undefined;
}

function look(node: AnyNode): Found[] {
  if (node.type === 'CallExpression' && isLocale(node.callee))
    return [
      {
        code: 'locale',
        message: 'There are no locales: the text is in one form, whatever is asked for',
        index: node.start,
      },
    ];
  if (node.type === 'MemberExpression' && isEnvironment(node))
    return [{ code: 'environment', message: 'process.env has NODE_ENV and nothing else', index: node.start }];
  return [];
}

function isLocale(callee: AnyNode): boolean {
  return (
    callee.type === 'MemberExpression' && callee.property.type === 'Identifier' && LOCALE.has(callee.property.name)
  );
}

/** `process.env.X`, but for NODE_ENV. */
function isEnvironment({ object, property }: Extract<AnyNode, { type: 'MemberExpression' }>): boolean {
  if (object.type !== 'MemberExpression' || object.object.type !== 'Identifier') return false;
  const isEnv = object.property.type === 'Identifier' && object.property.name === 'env';
  return isEnv && object.object.name === 'process' && property.type === 'Identifier' && property.name !== 'NODE_ENV';
}
