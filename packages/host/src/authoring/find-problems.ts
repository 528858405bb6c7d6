import type { AnyNode, ImportSpecifier, Program } from 'acorn';

import { LineIndex } from '../extensions/line-index.js';
import { descendants, parseModule } from '../extensions/syntax.js';
import { findFreeNames } from './free-names.js';

/** Something in an extension that will not work, or should not be there. */
export interface Problem {
  /**
   * `error`: it cannot load or its calls will fail. `warning`: it may work, and it is not right.
   */
  severity: 'error' | 'warning';
  code: 'syntax' | 'commonjs' | 'import' | 'dynamic-import' | 'global' | 'scope-unused' | 'scope-missing';
  message: string;
  /** Where in the source, counted from 1. */
  line?: number;
  column?: number;
}

/** What an extension is looked at with. */
export interface ProblemOptions {
  /** Names of the requested scopes. */
  requested: readonly string[];
  /** Names that each importable module exports, by specifier. */
  modules: Readonly<Record<string, readonly string[]>>;
  /** Globals that the host keeps from guests in addition. */
  absent?: readonly string[];
}

/**
 * Globals of browsers and of Node that no guest has (docs/contract.md §2), with what to use
 * instead.
 */
const ABSENT: Readonly<Record<string, string>> = {
  setTimeout: 'sleep from directus:api waits',
  setInterval: 'sleep from directus:api waits',
  setImmediate: 'await a resolved promise',
  fetch: 'request from directus:api sends requests',
  XMLHttpRequest: 'request from directus:api sends requests',
  URL: 'there is none',
  URLSearchParams: 'encodeURIComponent is there',
  TextEncoder: 'there is none',
  TextDecoder: 'there is none',
  Buffer: 'Uint8Array is there',
  crypto: 'there is none',
  require: 'bundle what you need',
  structuredClone: 'JSON.parse(JSON.stringify(…)) copies plain data',
  performance: 'Date.now() tells the time',
  queueMicrotask: 'Promise.resolve().then(…) does the same',
  atob: 'there is none',
  btoa: 'there is none',
  window: 'this is no browser',
  document: 'this is no browser',
  localStorage: 'this is no browser',
  Headers: 'plain objects hold headers',
  Request: 'request from directus:api sends requests',
  Response: 'return { status, body }',
  AbortController: 'calls have limits of their own',
  Intl: 'QuickJS has none',
  WebAssembly: 'QuickJS has none',
  SharedArrayBuffer: 'there are no threads',
  Atomics: 'there are no threads',
};

/** Looks for problems in a source without running it. */
export function findProblems(source: string, options: ProblemOptions): Problem[] {
  const at = locator(source);
  const { program, error } = parseModule(source);
  if (error) {
    const position = error.index === undefined ? {} : at(error.index);
    return [
      {
        severity: error.index === undefined ? 'warning' : 'error',
        code: 'syntax',
        message: error.message,
        ...position,
      },
    ];
  }
  try {
    return findIn(program, options, at);
  } catch (failure) {
    if (!(failure instanceof RangeError)) throw failure;
    return [{ severity: 'warning', code: 'syntax', message: 'It is nested too deeply to be looked at' }];
  }
}

function findIn(program: Program, options: ProblemOptions, at: Locate): Problem[] {
  const free = findFreeNames(program);
  const commonJs = free.find(({ name, isTested }) => (name === 'module' || name === 'exports') && !isTested);
  const isModule = program.body.some(({ type }) => type.startsWith('Export'));
  if (commonJs && !isModule) {
    const message = 'This is a CommonJS bundle: only ES modules run. Build it with an ES module as its output format';
    return [{ severity: 'error', code: 'commonjs', message, ...at(commonJs.index) }];
  }
  const uses = new Uses(options);
  return [
    ...findImports(program, options, uses, at),
    ...free.flatMap(({ name, index, isTested }) =>
      isTested ? [] : describeGlobal(name, options.absent ?? [], at(index)),
    ),
    ...compareScopes(uses, options, at),
  ];
}

type Position = Pick<Problem, 'line' | 'column'>;
type Locate = (index: number) => Position;

/** Which names a module imports of the modules that it may import. */
class Uses {
  /** Index of the first use of each export. */
  readonly first = new Map<string, number>();
  /** Whether a whole module is passed on, so that nobody can tell what is used of it. */
  isOpen = false;
  readonly #modules: ProblemOptions['modules'];

  constructor({ modules }: ProblemOptions) {
    this.#modules = modules;
  }

  /** @returns the exports of a module that can be imported. */
  exportsOf(specifier: string): readonly string[] | undefined {
    return Object.hasOwn(this.#modules, specifier) ? this.#modules[specifier] : undefined;
  }

  add(name: string, index: number): void {
    if (!this.first.has(name)) this.first.set(name, index);
  }
}

function findImports(program: Program, options: ProblemOptions, uses: Uses, at: Locate): Problem[] {
  const problems: Problem[] = [];
  for (const node of program.body) {
    if (!('source' in node) || !node.source || typeof node.source.value !== 'string') continue;
    const specifier = node.source.value;
    const exported = uses.exportsOf(specifier);
    if (exported) problems.push(...readImport(program, node, { specifier, exported, uses, at }));
    else {
      const allowed = Object.keys(options.modules).join(', ');
      const message = `Import of "${specifier}": only ${allowed} can be imported; sandglass build bundles the rest`;
      problems.push({ severity: 'error', code: 'import', message, ...at(node.start) });
    }
  }
  for (const node of descendants(program)) {
    if (node.type !== 'ImportExpression') continue;
    const message = 'import() is not supported: it rejects';
    problems.push({ severity: 'warning', code: 'dynamic-import', message, ...at(node.start) });
  }
  return problems;
}

/** Notes what an import takes of a module, and finds what that module has not. */
function readImport(
  program: Program,
  node: AnyNode,
  { specifier, exported, uses, at }: { specifier: string; exported: readonly string[]; uses: Uses; at: Locate },
): Problem[] {
  if (node.type !== 'ImportDeclaration') {
    uses.isOpen = true; // exported again
    return [];
  }
  const problems: Problem[] = [];
  for (const one of node.specifiers) {
    if (one.type === 'ImportNamespaceSpecifier') {
      uses.isOpen ||= exported.some((name) => name.includes('.')); // members of members
      readNamespace(program, one.local, uses);
      continue;
    }
    const name = one.type === 'ImportSpecifier' ? importedName(one) : 'default';
    if (exported.includes(name)) uses.add(name, one.start);
    else if (exported.some((other) => other.startsWith(`${name}.`)))
      readNamespace(program, one.local, uses, `${name}.`);
    else {
      const names = new Set(exported.map((other) => other.split('.', 1)[0]));
      const message = `"${specifier}" has no export "${name}": it has ${[...names].join(', ')}`;
      problems.push({ severity: 'error', code: 'import', message, ...at(one.start) });
    }
  }
  return problems;
}

function importedName({ imported }: ImportSpecifier): string {
  return imported.type === 'Identifier' ? imported.name : String(imported.value);
}

/**
 * What `import * as api` comes to, or an export that has capabilities as its members: the
 * properties that are read of it, or all of them where it is passed on.
 *
 * @param prefix of the capabilities' names. @default none
 */
function readNamespace(program: Program, local: AnyNode & { name: string }, uses: Uses, prefix = ''): void {
  const known = new Set<AnyNode>([local]);
  for (const node of descendants(program)) {
    if (node.type === 'MemberExpression') {
      if (!node.computed) known.add(node.property);
      if (node.object.type !== 'Identifier' || node.object.name !== local.name) continue;
      const name = propertyName(node.property, node.computed);
      if (name === undefined) continue;
      known.add(node.object);
      uses.add(prefix + name, node.start);
    } else if (node.type === 'Property' && !node.computed && !node.shorthand) known.add(node.key);
    else if (node.type === 'Identifier' && node.name === local.name && !known.has(node)) uses.isOpen = true;
  }
}

function propertyName(property: AnyNode, isComputed: boolean): string | undefined {
  if (!isComputed) return property.type === 'Identifier' ? property.name : undefined;
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : undefined;
}

function describeGlobal(name: string, absent: readonly string[], position: Position): Problem[] {
  const instead = Object.hasOwn(ABSENT, name)
    ? ABSENT[name]
    : absent.includes(name)
      ? 'this host does not offer it'
      : undefined;
  if (instead === undefined) return [];
  return [
    { severity: 'warning', code: 'global', message: `"${name}" does not exist in a sandbox: ${instead}`, ...position },
  ];
}

function compareScopes({ first, isOpen }: Uses, { requested, modules }: ProblemOptions, at: Locate): Problem[] {
  const capabilities = new Set(Object.values(modules).flat());
  const unused = isOpen ? [] : requested.filter((name) => !first.has(name));
  const missing = [...first].filter(([name]) => capabilities.has(name) && !requested.includes(name));
  return [
    ...unused.map((name): Problem => ({
      severity: 'warning',
      code: 'scope-unused',
      message: `The scope "${name}" is requested and never used`,
    })),
    ...missing.map(([name, index]) => {
      const message = `"${name}" is used and its scope is not requested: add it to directus:extension.sandbox.requestedScopes`;
      return Object.assign(at(index), { severity: 'error', code: 'scope-missing', message } as const);
    }),
  ];
}

function locator(source: string): Locate {
  const lines = new LineIndex(source);
  return (index) => lines.positionOf(index);
}
