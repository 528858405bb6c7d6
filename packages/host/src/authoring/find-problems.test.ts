import { describe, expect, test } from 'vitest';

import { findProblems, type Problem } from './find-problems.js';

const MODULES = { 'directus:api': ['log', 'sleep', 'request'] };

function codes(source: string, requested: string[] = []): string[] {
  return findProblems(source, { requested, modules: MODULES }).map(({ code, message }) =>
    `${code} ${/"([^"]+)"/.exec(message)?.[1] ?? ''}`.trim(),
  );
}

describe('findProblems', () => {
  test('finds nothing in an extension that is right', () => {
    expect(
      codes("import { log } from 'directus:api'; export default (router) => router.get('/', () => log('x'));", ['log']),
    ).toEqual([]);
  });

  test.each<[string, string, string[]]>([
    ['a CommonJS bundle', 'module.exports = (router) => {};', ['commonjs']],
    ['CommonJS by exports', 'Object.defineProperty(exports, "x", {}); exports.default = 1;', ['commonjs']],
    ['a forbidden import', "import fs from 'node:fs'; export default fs;", ['import node:fs']],
    ['a re-export', "export { x } from './x.js';", ['import ./x.js']],
    ['a dynamic import', "export default () => import('x');", ['dynamic-import']],
    ['a timer', 'export default () => setTimeout(() => {}, 1);', ['global setTimeout']],
    [
      'a global called as a method of nothing',
      'export default async () => (await fetch("x")).json();',
      ['global fetch'],
    ],
    ['a source that is no module', 'export default {;', ['syntax']],
  ])('finds %s', (_name, source, expected) => {
    expect(codes(source)).toEqual(expected);
  });

  test.each<[string, string]>([
    ['a parameter', 'export default (fetch) => fetch("x");'],
    ['a destructured parameter', 'export default ({ fetch, ...URL }) => [fetch, URL];'],
    ['a local variable', 'export default () => { const fetch = () => 1; return fetch(); };'],
    ['a var further down, in a block', 'export default () => { fetch(); if (true) { var fetch = 1; } };'],
    ['a hoisted function', 'export default () => URL(); function URL() {}'],
    ['an import', "import { log as fetch } from 'directus:api'; export default () => fetch('x');"],
    ['a class name', 'class URL {} export default () => new URL();'],
    ['a catch binding', 'export default () => { try {} catch (URL) { return URL; } };'],
    ['a loop variable', 'export default () => { for (const URL of []) URL; };'],
    ['a property', 'export default (api) => api.fetch({ fetch: 1, setTimeout() {} });'],
    ['a label', 'export default () => { fetch: for (;;) break fetch; };'],
    ['a name that is only asked for', 'export default () => typeof fetch === "function" ? 1 : 2;'],
    [
      'a name of a named function expression',
      'export default function () { return (function fetch() { return fetch; })(); }',
    ],
  ])('does not take %s for a global', (_name, source) => {
    expect(codes(source).filter((code) => code.startsWith('global'))).toEqual([]);
  });

  test.each<[string, string]>([
    ['shadowed only in another function', 'const a = (fetch) => fetch; export default () => fetch("x");'],
    ['shadowed only in a block', 'export default () => { { let fetch = 1; } return fetch("x"); };'],
    ['inside a computed key', 'export default () => ({ [fetch]: 1 });'],
    ['as a default value', 'export default (f = fetch) => f;'],
  ])('takes a name for a global that is %s', (_name, source) => {
    expect(codes(source)).toContain('global fetch');
  });

  test('compares the scopes requested with those used', () => {
    expect(codes("import { sleep } from 'directus:api'; export default () => sleep(1);", ['log'])).toEqual([
      'scope-unused log',
      'scope-missing sleep',
    ]);
  });

  test('takes a namespace import for a use of everything', () => {
    expect(
      codes("import * as api from 'directus:api'; export default () => api;", ['log', 'sleep', 'request']),
    ).toEqual([]);
  });

  test('says where', () => {
    const [problem] = findProblems('export default () => {\n  fetch("x");\n};', {
      requested: [],
      modules: MODULES,
    }) as [Problem];
    expect(problem).toMatchObject({ severity: 'warning', line: 2, column: 3 });
  });

  test.each<[string, string, string[], string[]]>([
    ['a property of it', 'export default () => api.log("x");', ['log'], []],
    ['a property by its text', 'export default () => api["log"]("x");', ['log'], []],
    ['a property that is not requested', 'export default () => api.sleep(1);', [], ['scope-missing sleep']],
    [
      'a property, and another is requested',
      'export default () => api.log("x");',
      ['log', 'sleep'],
      ['scope-unused sleep'],
    ],
    ['all of it, passed on', 'export default () => [api, api.log];', ['sleep'], ['scope-missing log']],
    ['nothing of it', 'export default (x) => x.api({ api: 1 });', ['log'], ['scope-unused log']],
  ])('takes of `import * as api` %s', (_, body, requested, expected) => {
    expect(codes(`import * as api from 'directus:api'; ${body}`, requested)).toEqual(expected);
  });

  test('names an export that a module has not', () => {
    const [problem] = findProblems("import { log, fetchh } from 'directus:api';\nexport default [log, fetchh];", {
      requested: ['log'],
      modules: MODULES,
    });
    expect(problem).toMatchObject({ severity: 'error', code: 'import', line: 1, column: 15 });
    expect(problem?.message).toBe('"directus:api" has no export "fetchh": it has log, sleep, request');
  });

  test.each([
    ['a member that is called', "import { titles } from 'acme:titles';\nexport default () => titles.find('de');", []],
    [
      'a member whose scope is missing',
      "import { titles } from 'acme:titles';\nexport default () => titles.list();",
      ['"titles.list" is used and its scope', 'The scope "titles.find" is requested and never used'],
    ],
    ['an object that is passed on', "import { titles } from 'acme:titles';\nexport default titles;", []],
    ['a whole module', "import * as all from 'acme:titles';\nexport default () => all.titles.find('de');", []],
    [
      'an export that is none',
      "import { find } from 'acme:titles';\nexport default find;",
      ['"acme:titles" has no export "find": it has titles', 'The scope "titles.find" is requested and never used'],
    ],
  ])('knows capabilities that are members of an export: %s', (_, source, messages) => {
    const modules = { ...MODULES, 'acme:titles': ['titles.find', 'titles.list'] };
    const found = findProblems(source, { requested: ['titles.find'], modules }).map(({ message }) => message);
    expect(found.toSorted()).toEqual(messages.map((message) => expect.stringContaining(message) as unknown));
  });

  test('says where a source is no module', () => {
    const [problem] = findProblems('export default () => {\n  1 2;\n};', { requested: [], modules: MODULES });
    expect(problem).toMatchObject({
      severity: 'error',
      code: 'syntax',
      message: 'Unexpected token',
      line: 2,
      column: 5,
    });
  });

  test.each([
    ['brackets', `export default ${'['.repeat(50_000)}${']'.repeat(50_000)};`],
    ['blocks', `${'{'.repeat(50_000)}${'}'.repeat(50_000)} export default 1;`],
    ['functions', `export default ${'() => '.repeat(50_000)}1;`],
  ])('%s that are too deep are told, not thrown', (_, source) => {
    expect(findProblems(source, { requested: [], modules: MODULES })).toMatchObject([
      { severity: 'warning', message: 'It is nested too deeply to be looked at' },
    ]);
  });

  test.each([
    ['exports', `${Array.from({ length: 20_000 }, (_, i) => `let e${i};export{e${i}};`).join('')} export default 1;`],
    ['blocks in a row', `export default () => { ${'{ let a; { var b; } }'.repeat(20_000)} };`],
    ['an array', `export default [${'1,'.repeat(300_000)}];`],
    ['globals', `export default () => { ${Array.from({ length: 20_000 }, (_, i) => `g${i};\n`).join('')} };`],
  ])('many %s take what their number takes', (_, source) => {
    // hours, if by the square
    expect(findProblems(source, { requested: [], modules: MODULES })).toEqual([]);
  });
});
