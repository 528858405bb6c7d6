import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { toModule } from './driver.mjs';

/** The parts of test262 that are about the language; `intl402`, `annexB` and `staging` are not. */
const PARTS = ['test/language', 'test/built-ins'];

/**
 * Lists the test files of a test262 folder, by path relative to it, sorted.
 *
 * @param {string} folder
 * @param {string} filter only paths that contain it
 * @returns {Promise<string[]>}
 */
export async function listTests(folder, filter) {
  const lists = await Promise.all(
    PARTS.map((part) => readdir(join(folder, part), { recursive: true, withFileTypes: true })),
  );
  return lists
    .flat()
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js') && !entry.name.includes('_FIXTURE'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path.includes(filter))
    .sort();
}

/** What makes a module import something, or clash with the default export that it is given. */
const NEEDS_OTHERS = /(?:^|[^.\w])import\b|\bfrom\s*['"]|_FIXTURE|export\s+default/m;

/** Reads tests and the harness files that they include, each harness file once. */
export class TestReader {
  /** @type {Map<string, Promise<string>>} */
  #harness = new Map();
  #folder;

  /** @param {string} folder of test262 */
  constructor(folder) {
    this.#folder = folder;
  }

  /**
   * The runs that a test asks for: sloppy, strict or both; or as a module.
   *
   * @param {string} path
   * @returns {Promise<{ name: string, text: string, isAsync: boolean, isModule: boolean, expected:
   *   string }[]>} none for a module that imports
   */
  async read(path) {
    const source = await readFile(join(this.#folder, path), 'utf8');
    const { flags, includes, negative } = parseHeader(source);
    const isAsync = flags.includes('async');
    const files = ['assert.js', 'sta.js', ...(isAsync ? ['doneprintHandle.js'] : []), ...includes];
    const harness = flags.includes('raw') ? [] : await Promise.all(files.map((file) => this.#include(file)));
    const sloppy = [...harness, source].join('\n');
    const isModule = flags.includes('module');
    const rest = { isAsync, isModule, expected: negative ?? 'pass' };
    if (isModule) {
      if (flags.includes('raw') || NEEDS_OTHERS.test(withoutComments(source))) return [];
      return [{ name: path, text: toModule(sloppy, isAsync), ...rest }];
    }
    const runs = [];
    if (!flags.includes('onlyStrict')) runs.push({ name: path, text: sloppy, ...rest });
    if (!flags.includes('noStrict') && !flags.includes('raw')) {
      runs.push({ name: `${path} (strict)`, text: `'use strict';\n${sloppy}`, ...rest });
    }
    return runs;
  }

  #include(file) {
    let text = this.#harness.get(file);
    if (!text) this.#harness.set(file, (text = readFile(join(this.#folder, 'harness', file), 'utf8')));
    return text;
  }
}

/**
 * The few fields of the YAML header that matter here; test262 writes each list in one of two forms.
 */
function parseHeader(source) {
  const header = /\/\*---([^]*?)---\*\//.exec(source)?.[1]?.replaceAll(/\r\n?/g, '\n') ?? '';
  return {
    flags: listOf(header, 'flags'),
    includes: listOf(header, 'includes'),
    negative: /^negative:[^]*?^\s+type:\s*(\w+)/m.exec(header)?.[1],
  };
}

function withoutComments(source) {
  return source.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '');
}

function listOf(header, field) {
  const inline = new RegExp(`^${field}:\\s*\\[([^\\]]*)\\]`, 'm').exec(header)?.[1];
  const lines = new RegExp(`^${field}:\\s*\\n((?:\\s+-.*\\n?)+)`, 'm').exec(header)?.[1];
  const items =
    inline === undefined ? (lines ?? '').split('\n').map((line) => line.replace(/^\s+-/, '')) : inline.split(',');
  return items.map((item) => item.trim()).filter((item) => item !== '');
}
