import { describe, expect, test } from 'vitest';

import { findJsonError } from './json-error.js';

describe('findJsonError', () => {
  test.each([
    ['nothing', '', '1:1'],
    ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', '3:3'],
    ['a comma too many', '{ "a": [1, 2,] }', '1:14'],
    ['a comma too many in an object', '{\n  "a": 1,\n}', '3:1'],
    ['a comment', '{\n  // no\n}', '2:3'],
    ['single quotes', "{ 'a': 1 }", '1:3'],
    ['a key without quotes', '{ a: 1 }', '1:3'],
    ['an end that is missing', '{\n  "a": { "b": [1]\n', '3:1'],
    ['a bracket that does not match', '{ "a": [1} }', '1:10'],
    ['text behind it', '{} {}', '1:4'],
    ['a string that a line ends', '{ "a": "b\n" }', '1:8'],
    ['a word', '{ "a": undefined }', '1:8'],
    ['a number with zeros', '{ "a": 01 }', '1:8'],
    ['a missing colon', '{ "a" 1 }', '1:7'],
  ])('finds %s', (_, text, position) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    const { line, column } = findJsonError(text);
    expect(`${line}:${column}`).toBe(position);
  });
});
