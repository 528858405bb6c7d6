import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { BuildFailure, PluginBuild } from 'esbuild';
import type * as Esbuild from 'esbuild';
import { transform } from 'sucrase';

/** An ES module made of its author's source. */
export interface Compiled {
  code: string;
  /** From `code` to the author's files, which are named relative to the file that was compiled. */
  sourceMap?: string | object;
  /** The files that it was made of, relative to the folder. */
  inputs: string[];
}

/**
 * Why a source cannot be compiled, and where: a file relative to the folder; line and column count
 * from 1.
 */
export class CompileError extends SyntaxError {
  readonly position: { file: string; line: number; column: number } | undefined;

  constructor(message: string, position?: { file: string; line: number; column: number }) {
    super(message);
    this.position = position;
  }
}

/** Target of the build: the language that QuickJS has. */
const TARGET = 'es2023';
/** Files that are JavaScript but for their types. */
const TYPESCRIPT: ReadonlySet<string> = new Set(['.ts', '.mts']);
/** What a host offers, as `directus:api`, and Node's own modules, which it refuses by name. */
const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]+:/;
/** Packages that the Data Studio brings for the app part of an operation. */
const APP_EXTERNALS: readonly string[] = ['vue', 'vue-router', 'vue-i18n', 'pinia', '@directus/extensions-sdk'];

/**
 * Compiles one source file of an extension with all that it imports, as its build does: with
 * esbuild, where the folder or this package has it. Without esbuild the file is compiled by itself:
 * by the folder's TypeScript, else by sucrase, which leaves some of TypeScript out.
 *
 * @param folder absolute path of the extension.
 * @param file relative to it.
 * @param text content of the file.
 * @throws {CompileError}
 */
export async function compile(folder: string, file: string, text: string): Promise<Compiled> {
  const esbuild = await loadEsbuild(folder);
  if (esbuild) {
    // sources are named from there
    const outfile = join(dirname(file), `${basename(file, extname(file))}.js`);
    const { outputFiles, inputs } = await build(esbuild, { folder, file, outfile });
    const textOf = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
    return { code: textOf('.js'), sourceMap: textOf('.map'), inputs };
  }
  if (!TYPESCRIPT.has(extname(file))) return { code: text, inputs: [file] };
  const typescript = await load<TypeScript>(folder, 'typescript');
  return typescript?.transpileModule ? transpile(typescript, file, text) : stripTypes(file, text);
}

/** @returns undefined if neither the folder nor this package has it. */
export function loadEsbuild(folder: string): Promise<typeof Esbuild | undefined> {
  return load<typeof Esbuild>(folder, 'esbuild');
}

/** Finds a compiler: the author's before this package's own. */
async function load<T>(folder: string, name: string): Promise<T | undefined> {
  for (const from of [join(folder, 'package.json'), import.meta.filename]) {
    try {
      const module = (await import(pathToFileURL(createRequire(from).resolve(name)).href)) as T & { default?: T };
      return module.default ?? module;
    } catch {
      // the next one
    }
  }
  return undefined;
}

/** What is built: paths relative to the folder. */
export interface BuildTask {
  folder: string;
  file: string;
  outfile: string;
  /** Writes the outfile and its source map. @default false */
  write?: boolean;
  /** The part of an operation that runs in the Data Studio. @default false */
  isApp?: boolean;
}

/**
 * Makes one file of a source and its imports.
 *
 * @throws {CompileError}
 */
export async function build(
  esbuild: typeof Esbuild,
  { folder, file, outfile, write = false, isApp = false }: BuildTask,
): Promise<{ outputFiles: { path: string; text: string }[]; inputs: string[] }> {
  try {
    const { outputFiles = [], metafile } = await esbuild.build({
      absWorkingDir: folder,
      entryPoints: [file],
      outfile,
      write,
      bundle: true,
      format: 'esm',
      // In a sandbox there is no Node either.
      ...(isApp
        ? { platform: 'browser', external: [...APP_EXTERNALS] }
        : { platform: 'neutral', mainFields: ['module', 'main'], conditions: ['import', 'default'] }),
      target: TARGET,
      sourcemap: write ? 'linked' : 'external',
      sourcesContent: write, // a stack needs none
      metafile: true,
      logLevel: 'silent',
      define: { 'Symbol.dispose': '$dispose', 'Symbol.asyncDispose': '$asyncDispose' },
      inject: [SYMBOLS],
      plugins: [{ name: 'sandglass', setup: setUp }],
    });
    return { outputFiles, inputs: Object.keys(metafile!.inputs) }; // it was asked for
  } catch (error) {
    const [first] = (error as BuildFailure).errors ?? [];
    if (!first) throw error;
    const { location, text } = first;
    throw new CompileError(text, location ? { ...location, column: location.column + 1 } : undefined);
  }
}

/**
 * Module with the symbols of `using`, which the engine lacks; esbuild's helpers look for the same.
 */
const SYMBOLS = 'sandglass/symbols';
/** Left out where nobody uses it. */
const PURE = '/* @__PURE__ */';
const SYMBOLS_SOURCE = ['dispose', 'asyncDispose']
  .map(
    (name) => `export const $${name} = ${PURE} Reflect.get(Symbol, '${name}') ?? ${PURE} Symbol.for('Symbol.${name}');`,
  )
  .join('\n');

function setUp(made: PluginBuild): void {
  made.onResolve({ filter: SCHEME }, ({ path }) => ({ path, external: true }));
  made.onResolve({ filter: /^sandglass\/symbols$/ }, ({ path }) => ({ path, namespace: 'sandglass' }));
  made.onLoad({ filter: /./, namespace: 'sandglass' }, () => ({ contents: SYMBOLS_SOURCE }));
}

/** What is used of the `typescript` package; version 7 has none of it. */
interface TypeScript {
  transpileModule?(
    text: string,
    options: { fileName: string; reportDiagnostics: true; compilerOptions: object },
  ): {
    outputText: string;
    sourceMapText?: string;
    diagnostics?: { start?: number; messageText: string | { messageText: string } }[];
  };
}

function transpile({ transpileModule }: TypeScript, file: string, text: string): Compiled {
  const compilerOptions = { target: TARGET, module: 'esnext', sourceMap: true };
  // asked before
  const made = transpileModule!(text, { fileName: basename(file), reportDiagnostics: true, compilerOptions });
  const [problem] = made.diagnostics ?? [];
  if (!problem) return { code: made.outputText, sourceMap: made.sourceMapText ?? '', inputs: [file] };
  const { start = 0, messageText } = problem;
  const before = text.slice(0, start);
  const position = { file, line: before.split('\n').length, column: start - before.lastIndexOf('\n') };
  throw new CompileError(typeof messageText === 'string' ? messageText : messageText.messageText, position);
}

function stripTypes(file: string, text: string): Compiled {
  const base = basename(file);
  try {
    const { code, sourceMap } = transform(text, {
      transforms: ['typescript'],
      disableESTransforms: true,
      filePath: base,
      sourceMapOptions: { compiledFilename: base },
    });
    return { code, sourceMap: sourceMap!, inputs: [file] }; // it was asked for
  } catch (error) {
    // sucrase throws Errors
    const { message, loc } = error as Error & { loc?: { line: number; column: number } };
    const position = { file, line: loc?.line ?? 1, column: loc?.column ?? 1 };
    throw new CompileError(message.replace(/^Error transforming [^:]*: /, ''), position);
  }
}
