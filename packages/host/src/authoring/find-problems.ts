import type { AnyNode, Program } from 'acorn';

import { descendants, parseModule } from '../extensions/syntax.js';
import { findFreeNames } from './free-names.js';

/** Something in an extension that will not work, or should not be there. */
export interface Problem {
  /** `error`: it cannot load or its calls will fail. `warning`: it may work, and it is not right. */
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

/** Globals of browsers and of Node that no guest has (CONTRACT §2), with what to use in their place. */
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
  const program = parseModule(source);
  if (!program)
    return [{ severity: 'error', code: 'syntax', message: 'This is not a JavaScript module that can be parsed' }];
  const free = findFreeNames(program);
  const at = locator(source);
  const commonJs = free.find(({ name, isTested }) => (name === 'module' || name === 'exports') && !isTested);
  const isModule = program.body.some(({ type }) => type.startsWith('Export'));
  if (commonJs && !isModule) {
    const message = 'This is a CommonJS bundle: only ES modules run. Build it with an ES module as its output format';
    return [{ severity: 'error', code: 'commonjs', message, ...at(commonJs.index) }];
  }
  const used = new Set<string>();
  return [
    ...findImports(program, options, used, at),
    ...free.flatMap(({ name, index, isTested }) =>
      isTested ? [] : describeGlobal(name, options.absent ?? [], at(index)),
    ),
    ...compareScopes(used, options),
  ];
}

type Place = Pick<Problem, 'line' | 'column'>;
type Locate = (index: number) => Place;

function findImports(program: Program, options: ProblemOptions, used: Set<string>, at: Locate): Problem[] {
  const problems: Problem[] = [];
  for (const node of program.body) {
    if (!('source' in node) || !node.source || typeof node.source.value !== 'string') continue;
    const exported = options.modules[node.source.value];
    if (exported) for (const name of importedNames(node, exported)) used.add(name);
    else
      problems.push({
        severity: 'error',
        code: 'import',
        message: `Import of "${node.source.value}": only ${Object.keys(options.modules).join(', ')} can be imported; bundle the rest`,
        ...at(node.start),
      });
  }
  for (const node of descendants(program)) {
    if (node.type !== 'ImportExpression') continue;
    problems.push({
      severity: 'warning',
      code: 'dynamic-import',
      message: 'import() is not supported: it rejects',
      ...at(node.start),
    });
  }
  return problems;
}

/** What an import takes of a module; all of it for `import * as api` and `export *`. */
function importedNames(node: AnyNode, exported: readonly string[]): readonly string[] {
  if (node.type !== 'ImportDeclaration') return exported;
  const names = node.specifiers.map((specifier) => {
    if (specifier.type !== 'ImportSpecifier') return null;
    return specifier.imported.type === 'Identifier' ? specifier.imported.name : String(specifier.imported.value);
  });
  return names.includes(null) ? exported : names.filter((name) => name !== null);
}

function describeGlobal(name: string, absent: readonly string[], place: Place): Problem[] {
  const instead = Object.hasOwn(ABSENT, name)
    ? ABSENT[name]
    : absent.includes(name)
      ? 'this host does not offer it'
      : undefined;
  if (instead === undefined) return [];
  return [
    { severity: 'warning', code: 'global', message: `"${name}" does not exist in a sandbox: ${instead}`, ...place },
  ];
}

function compareScopes(used: ReadonlySet<string>, { requested, modules }: ProblemOptions): Problem[] {
  const capabilities = new Set(Object.values(modules).flat());
  const unused = requested.filter((name) => !used.has(name));
  const missing = [...used].filter((name) => capabilities.has(name) && !requested.includes(name));
  return [
    ...unused.map((name): Problem => ({
      severity: 'warning',
      code: 'scope-unused',
      message: `The scope "${name}" is requested and never used`,
    })),
    ...missing.map((name): Problem => ({
      severity: 'error',
      code: 'scope-missing',
      message: `"${name}" is used and its scope is not requested`,
    })),
  ];
}

function locator(source: string): Locate {
  return (index) => {
    const before = source.slice(0, index);
    return { line: before.split('\n').length, column: index - before.lastIndexOf('\n') };
  };
}
