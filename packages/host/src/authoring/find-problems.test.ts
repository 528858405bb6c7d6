import { expect, test } from 'vitest';

import { findProblems, type Problem } from './find-problems.js';

const MODULES = { 'directus:api': ['log', 'sleep', 'request'] };

function codes(source: string, requested: string[] = []): string[] {
  return findProblems(source, { requested, modules: MODULES }).map(({ code, message }) =>
    `${code} ${/"([^"]+)"/.exec(message)?.[1] ?? ''}`.trim(),
  );
}

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
  ['a global called as a method of nothing', 'export default async () => (await fetch("x")).json();', ['global fetch']],
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
  expect(codes("import * as api from 'directus:api'; export default () => api;", ['log', 'sleep', 'request'])).toEqual(
    [],
  );
});

test('says where', () => {
  const [problem] = findProblems('export default () => {\n  fetch("x");\n};', { requested: [], modules: MODULES }) as [
    Problem,
  ];
  expect(problem).toMatchObject({ severity: 'warning', line: 2, column: 3 });
});
