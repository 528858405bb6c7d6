import { describe, expect, test } from 'vitest';

import { readArgs, readJsonFlag } from './args.js';

const DEFINITION = {
  folder: { type: 'positional', description: '', required: true },
  more: { type: 'positional', description: '', required: false },
  name: { type: 'string', description: '' },
  header: { type: 'string', description: '' },
  json: { type: 'boolean', description: '' },
} as const;

describe('arguments of the command line', () => {
  test('reads flags, repeated flags and positionals in any order', () => {
    expect(readArgs(['--json', 'a', '--name=x', '--header', 'b:c', '--header', 'd:e'], DEFINITION)).toEqual({
      values: expect.objectContaining({ json: true, name: 'x', header: ['b:c', 'd:e'] }),
      positionals: ['a'],
    });
  });

  test('reads a negated flag', () => {
    expect(readArgs(['a', '--no-json'], DEFINITION).values['json']).toBe(false);
  });

  test.each([
    [['a', '--nope'], "Unknown option '--nope'"],
    [['a', '--name'], "Option '--name <value>' argument missing"],
    [['a', '--json=1'], "Option '--json' does not take an argument"],
    [[], '<folder> is missing'],
    [['a', 'b', 'c'], 'Unexpected argument "c"'],
  ])('refuses %j', (args, message) => {
    expect(() => readArgs(args, DEFINITION)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });

  test('says which flag is not JSON', () => {
    expect(() => readJsonFlag({ values: { body: '{' }, positionals: [] }, 'body')).toThrow('--body has to be JSON');
  });
});
