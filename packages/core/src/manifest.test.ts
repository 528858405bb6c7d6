import { describe, expect, test } from 'vitest';

import { parseManifest } from './manifest.js';

const parse = (name: unknown): string =>
  parseManifest(
    {
      name,
      version: '1.0.0',
      'directus:extension': { type: 'hook', path: 'i.js', source: 'i.js', host: '*', sandbox: { enabled: true } },
    },
    {},
  ).name;

describe('the manifest', () => {
  test.each(['hello', 'Hello', '@acme/hello', '@Acme.io/_a', '~x', 'a..b', 'v1.0', '0', 'http', 'a'.repeat(214), 'x.'])(
    'an extension may be called %s',
    (name) => expect(parse(name)).toBe(name),
  );

  test.each([
    ...['', '.', '..', '.a', '-a', '_sandglass', ' a', 'a ', 'a b', 'a\tb', 'a\n', 'a\0', 'a\u00a0', '\u200ba'],
    ...['a?', 'a#', './a', 'x/../a', 'x/%2e%2e/a', '%61', 'a/b', 'a/', '/a', '//a', 'a\\b', 'a;b', 'a:b', 'a@b', 'a*'],
    ...[
      '@a',
      '@a/',
      '@/a',
      '@a/b/c',
      '@a/../b',
      '@a/..',
      '@a/.b',
      '@@a/b',
      '@a//b',
      '@a\\b',
      '@a%2fb',
      '@ a/b',
      '@a/b?',
    ],
    ...['\u212aelvin', '\u017f', '\u0131', '\u0130', 'b\u00fccher', '\ud800', 'Node_Modules', 'favicon.ico'],
    ...['a'.repeat(215), `@${'a'.repeat(214)}/b`, 'a'.repeat(1_000_000)],
  ])('no extension is called %j', (name) => {
    expect(() => parse(name)).toThrow(
      expect.objectContaining({ code: 'E_MANIFEST', message: expect.stringContaining('the name of an npm package') }),
    );
  });

  test('an error shows a part of a name that is none, and is of no extension', () => {
    let error: unknown;
    try {
      parse('\x1b'.repeat(1_000_000));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ extension: undefined, message: expect.not.stringContaining('\x1b') });
    expect((error as Error).message.length).toBeLessThan(2_000);
  });
});
